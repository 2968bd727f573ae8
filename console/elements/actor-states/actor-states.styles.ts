/** How sb-actor-states looks. */
import { css } from 'lit';

export const actorStatesStyles = css`
  :host {
    display: block;
  }
  article {
    display: grid;
    gap: var(--space-small);
    padding: var(--space) var(--space-large);
    border-block-end: var(--line-width) solid var(--line);
  }
  header {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: var(--space-small);
  }
  h3 {
    font-size: var(--text-size-small);
    font-weight: 650;
  }
  h3::first-letter {
    text-transform: uppercase;
  }
  .id {
    overflow-wrap: anywhere;
    margin-block-start: calc(-1 * var(--space-small));
  }
  ol {
    display: flex;
    flex-wrap: wrap;
    gap: var(--space-tight);
    font-size: var(--text-size-tiny);
  }
  li {
    padding: var(--space-hair) var(--space-small);
    border: var(--line-width) solid var(--line);
    border-radius: var(--radius-small);
    color: var(--text-muted);
  }
  li.current {
    color: var(--tone);
    border-color: var(--lamp);
    background: var(--tone-surface);
    font-weight: 600;
  }
  .times {
    font-variant-numeric: tabular-nums;
    opacity: 0.75;
  }
  summary {
    cursor: pointer;
    font-size: var(--text-size-tiny);
    color: var(--text-muted);
  }
  details[open] summary {
    margin-block-end: var(--space-small);
  }
`;
