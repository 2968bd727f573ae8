/** How the list of runs is laid out. */
import { css } from 'lit';

export const runsPageStyles = css`
  .head {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: var(--space-small) var(--space-section);
    margin-block-end: var(--space-large);
  }
  nav ul {
    display: flex;
    flex-wrap: wrap;
    gap: var(--space-tight);
    margin-inline: calc(-1 * var(--space-small));
  }
  nav a {
    display: block;
    padding: var(--space-tight) var(--space-small);
    border-radius: var(--radius-small);
    color: var(--text-muted);
    font-size: var(--text-size-small);
    text-decoration: none;
  }
  nav a:hover {
    background: var(--surface-hover);
  }
  nav a[aria-current] {
    color: var(--text);
    background: var(--surface-hover);
    font-weight: 550;
  }
  .standing {
    margin-block-start: var(--space-section);
    border: var(--line-width) solid var(--line);
    border-radius: var(--radius);
    background: var(--surface-raised);
    overflow: hidden;
  }
  .standing summary {
    padding: var(--space-small) var(--space-large);
    color: var(--text-muted);
    cursor: pointer;
  }
  .standing summary:hover {
    background: var(--surface-hover);
  }
  .standing[open] summary {
    border-block-end: var(--line-width) solid var(--line);
  }
  .standing h2 {
    display: inline;
    font-size: var(--text-size-small);
    font-weight: 550;
  }
  .refused {
    margin-inline-start: var(--space-small);
    color: var(--tone-bad);
    font-size: var(--text-size-small);
  }
  .count {
    color: var(--text-muted);
    font-weight: 400;
    font-variant-numeric: tabular-nums;
  }
`;
