/** How sb-fact-list looks. */
import { css } from 'lit';

export const factListStyles = css`
  :host {
    display: block;
  }
  dl {
    display: grid;
    grid-template-columns: minmax(4.5rem, auto) minmax(0, 1fr);
    gap: var(--space-tight) var(--space);
  }
  dt {
    color: var(--text-muted);
    font-size: var(--text-size-tiny);
    line-height: calc(var(--text-size) * var(--line-height));
  }
  dd {
    min-inline-size: 0;
    font-size: var(--text-size-small);
  }
  .nested {
    grid-column: 1 / -1;
    padding-inline-start: var(--space);
    border-inline-start: var(--line-width) solid var(--line-strong);
  }
`;
