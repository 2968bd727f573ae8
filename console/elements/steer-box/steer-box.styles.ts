/** How sb-steer-box looks. */
import { css } from 'lit';

export const steerBoxStyles = css`
  :host {
    display: block;
  }
  form {
    display: grid;
    gap: var(--space-tight);
    padding: var(--space) var(--space-large);
    border-block-start: var(--line-width) solid var(--line);
    background: var(--surface-raised);
  }
  .title {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: var(--space-small);
    padding-block-end: var(--space-tight);
  }
  label {
    font-size: var(--text-size-tiny);
    font-weight: 650;
  }
  textarea {
    font: inherit;
    color: inherit;
    inline-size: 100%;
    min-block-size: 3.5rem;
    resize: vertical;
    field-sizing: content;
    max-block-size: 14rem;
    padding: var(--space-small) var(--space);
    background: var(--surface);
    border: var(--line-width) solid var(--line-strong);
    border-radius: var(--radius-small);
  }
  textarea::placeholder {
    color: var(--text-muted);
    opacity: 1;
  }
  .actions {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: var(--space);
    min-block-size: 2rem;
  }
  #answer {
    font-size: var(--text-size-small);
    overflow-wrap: anywhere;
  }
  .answer {
    color: var(--tone);
  }
`;
