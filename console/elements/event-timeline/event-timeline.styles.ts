/** How sb-event-timeline looks. */
import { css } from 'lit';

export const eventTimelineStyles = css`
  :host {
    display: block;
    padding-block: var(--space-tight);
  }
  li {
    position: relative;
    content-visibility: auto;
    contain-intrinsic-size: auto 2.75rem;
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
    grid-template-columns: var(--lamp-size) minmax(0, 1fr) auto;
    column-gap: var(--space);
    align-items: baseline;
    padding: var(--space-tight) var(--space);
    font-size: var(--text-size-small);
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
    align-self: start;
    inline-size: var(--lamp-size);
    block-size: var(--lamp-size);
    margin-block-start: calc((var(--text-size-small) * var(--line-height) - var(--lamp-size)) / 2);
    border-radius: 50%;
    background: var(--lamp);
    box-shadow: 0 0 0 var(--ring-width) var(--surface-raised);
  }
  .title,
  .detail {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  details[open] :is(.title, .detail) {
    white-space: normal;
    overflow-wrap: anywhere;
  }
  .milestone .title {
    font-weight: 600;
  }
  .milestone:is(.tone-bad, .tone-warning, .tone-good, .tone-waiting) .title,
  .tone-bad .title,
  .tone-warning .title {
    color: var(--tone);
  }
  .quiet summary {
    padding-block: 0;
  }
  @media (pointer: coarse) {
    li summary {
      padding-block: var(--space-small);
    }
  }
  .quiet .title {
    color: var(--text-muted);
  }
  .quiet .lamp {
    scale: 0.6;
  }
  .quiet .detail {
    display: none;
  }
  .quiet details[open] .detail {
    display: block;
  }
  time {
    font-variant-numeric: tabular-nums;
  }
  .detail {
    grid-column: 2 / -1;
    font-size: var(--text-size-tiny);
  }
  .data {
    display: grid;
    gap: var(--space-small);
    padding: var(--space-small) var(--space) var(--space) calc(var(--space) * 2 + var(--lamp-size));
    background: var(--surface-sunken);
    overflow-wrap: anywhere;
  }
`;
