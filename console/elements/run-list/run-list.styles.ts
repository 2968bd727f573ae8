/** How sb-run-list looks. */
import { css } from 'lit';

export const runListStyles = css`
  :host {
    display: block;
  }
  table {
    inline-size: 100%;
    background: var(--surface-raised);
    border: var(--line-width) solid var(--line);
    border-radius: var(--radius);
    border-collapse: separate;
    border-spacing: 0;
    font-variant-numeric: tabular-nums;
  }
  thead th {
    font-size: var(--text-size-tiny);
    font-weight: 550;
    color: var(--text-muted);
    border-block-end: var(--line-width) solid var(--line);
  }
  th,
  td {
    padding: var(--space-small) var(--space-large);
    text-align: start;
    vertical-align: baseline;
  }
  tbody tr + tr > * {
    border-block-start: var(--line-width) solid var(--line);
  }
  tbody tr {
    position: relative;
  }
  tbody tr:hover > * {
    background: var(--surface-hover);
  }
  .subject {
    display: grid;
    max-inline-size: var(--measure);
    font-weight: 550;
    overflow-wrap: anywhere;
  }
  .subject .code {
    font-weight: 400;
  }
  a {
    text-decoration: none;
  }
  /* The whole row is the link's target. */
  a::after {
    content: '';
    position: absolute;
    inset: 0;
  }
  tbody th {
    min-inline-size: 22rem;
    inline-size: 40%;
  }
  .detail {
    color: var(--text-muted);
    overflow-wrap: anywhere;
  }
  .state,
  .started,
  .number {
    white-space: nowrap;
    inline-size: 1%;
  }
  .number {
    text-align: end;
  }
  @media (max-width: 48rem) {
    thead {
      display: none;
    }
    table,
    tbody {
      display: block;
    }
    tbody tr {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      gap: var(--space-tight) var(--space);
      padding: var(--space) var(--space-large);
    }
    tbody tr + tr {
      border-block-start: var(--line-width) solid var(--line);
    }
    tbody tr[data-run] > * {
      padding: 0;
      border: 0;
      inline-size: auto;
      background: none;
    }
    tbody tr:hover {
      background: var(--surface-hover);
    }
    tbody tr[data-run] > .none {
      display: none;
    }
    .started,
    .number {
      color: var(--text-muted);
      font-size: var(--text-size-small);
    }
    tbody tr[data-run] > th,
    tbody tr[data-run] > .detail {
      flex-basis: 100%;
      min-inline-size: 0;
    }
  }
`;
