/** How sb-proof-table looks. */
import { css } from 'lit';

export const proofTableStyles = css`
  :host {
    display: block;
    padding: var(--space) var(--space-large);
    border-block-end: var(--line-width) solid var(--line);
  }
  table {
    inline-size: 100%;
    border-collapse: collapse;
    font-size: var(--text-size-small);
  }
  caption {
    text-align: start;
    font-weight: 650;
    padding-block-end: var(--space-tight);
  }
  caption .muted {
    font-weight: 400;
    font-size: var(--text-size-tiny);
  }
  th,
  td {
    padding: var(--space-tight) 0;
    border-block-start: var(--line-width) solid var(--line);
    text-align: start;
    vertical-align: baseline;
    overflow-wrap: anywhere;
  }
  th {
    inline-size: 6rem;
    font-weight: 400;
    font-size: var(--text-size-tiny);
    color: var(--text-muted);
  }
`;
