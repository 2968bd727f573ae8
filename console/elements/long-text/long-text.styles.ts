/** How sb-long-text looks. */
import { css } from 'lit';

export const longTextStyles = css`
  :host {
    display: block;
    min-inline-size: 0;
  }
  pre {
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    line-height: var(--line-height);
  }
  button {
    font: inherit;
    font-size: var(--text-size-tiny);
    color: var(--text-muted);
    background: none;
    border: 0;
    padding: var(--space-tight) 0 0;
    cursor: pointer;
    text-decoration: underline;
    text-decoration-color: var(--line-strong);
    text-underline-offset: 0.2em;
  }
  button:hover {
    color: var(--text);
  }
`;
