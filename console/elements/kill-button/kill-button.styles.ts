/** How sb-kill-button looks, also while it asks for confirmation. */
import { css } from 'lit';

export const killButtonStyles = css`
  :host {
    display: inline-flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: flex-end;
    gap: var(--space-small);
  }
  .answer {
    color: var(--tone);
    font-size: var(--text-size-small);
  }
  dialog {
    max-inline-size: min(28rem, calc(100vw - 2 * var(--space-large)));
    padding: var(--space-section);
    color: var(--text);
    background: var(--surface-raised);
    border: var(--line-width) solid var(--line-strong);
    border-radius: var(--radius);
  }
  dialog::backdrop {
    background: var(--backdrop);
  }
  h2 {
    font-size: var(--text-size);
    margin-block-end: var(--space-small);
  }
  dialog p {
    color: var(--text-muted);
    overflow-wrap: anywhere;
  }
  .choices {
    display: flex;
    justify-content: flex-end;
    gap: var(--space-small);
    margin-block-start: var(--space-large);
  }
`;
