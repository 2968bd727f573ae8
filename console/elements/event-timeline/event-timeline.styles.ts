import { css } from 'lit';

export const eventTimelineStyles = css`
  :host {
    display: block;
  }
  li {
    position: relative;
    content-visibility: auto;
    contain-intrinsic-size: auto 3rem;
  }
  /* The line on which the lamps stand. */
  li::before {
    content: '';
    position: absolute;
    inset-block: 0;
    inset-inline-start: calc(var(--space) + var(--lamp-size) / 2);
    border-inline-start: var(--line-width) solid var(--line);
  }
  summary {
    display: grid;
    grid-template-columns: var(--lamp-size) 1fr;
    column-gap: var(--space);
    padding: var(--space-tight) var(--space);
    cursor: pointer;
    list-style: none;
  }
  summary::-webkit-details-marker {
    display: none;
  }
  summary:hover,
  details[open] > summary {
    background: var(--surface-hover);
  }
  summary:focus-visible {
    outline-offset: calc(-1 * var(--ring-width));
  }
  .lamp {
    position: relative;
    inline-size: var(--lamp-size);
    block-size: var(--lamp-size);
    margin-block-start: calc((var(--text-size-small) * var(--line-height) - var(--lamp-size)) / 2);
    border-radius: 50%;
    background: var(--lamp);
    box-shadow: 0 0 0 var(--ring-width) var(--surface-raised);
  }
  .head {
    display: flex;
    justify-content: space-between;
    gap: var(--space-small);
    min-inline-size: 0;
  }
  .type {
    font-size: var(--text-size-small);
    font-weight: 550;
  }
  .tone-bad .type,
  .tone-warning .type {
    color: var(--tone);
  }
  time {
    font-variant-numeric: tabular-nums;
  }
  .line {
    grid-column: 2;
    font-size: var(--text-size-tiny);
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .kind {
    margin-inline-end: var(--space-tight);
  }
  .data {
    display: grid;
    gap: var(--space-small);
    padding: var(--space-small) var(--space) var(--space) calc(var(--space) * 2 + var(--lamp-size));
    background: var(--surface-sunken);
    overflow-wrap: anywhere;
  }
`;
