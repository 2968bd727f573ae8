/** How sb-prose-text looks. */
import { css } from 'lit';

export const proseTextStyles = css`
  :host {
    display: grid;
    gap: var(--space-small);
    min-inline-size: 0;
    overflow-wrap: anywhere;
  }
  p {
    white-space: pre-line;
  }
  .heading {
    font-weight: 650;
  }
  ul {
    display: grid;
    gap: var(--space-hair);
    padding-inline-start: var(--space-large);
    list-style: disc;
  }
  li::marker {
    color: var(--text-muted);
  }
  code {
    padding-inline: var(--space-hair);
    border-radius: var(--radius-small);
    background: var(--surface-hover);
  }
  pre {
    padding: var(--space-small) var(--space);
    border-radius: var(--radius-small);
    background: var(--surface-hover);
    overflow-x: auto;
  }
`;
