/** How the page of one run is laid out. */
import { css } from 'lit';

export const runPageStyles = css`
  :host {
    display: grid;
    grid-template-rows: auto auto minmax(0, 1fr);
    grid-template-columns: minmax(0, 1fr);
    align-content: start;
    min-block-size: 36rem;
    block-size: calc(100dvh - var(--bar-size));
    padding-block-end: var(--space-large);
  }
  .run {
    display: grid;
    gap: var(--space-tight);
    padding-block-end: var(--space-large);
  }
  .crumbs {
    overflow-wrap: anywhere;
  }
  .goal {
    max-inline-size: var(--measure);
    color: var(--text-muted);
  }
  .standing {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--space-tight) var(--space-small);
    padding-block: var(--space-tight);
  }
  .standing .detail {
    font-weight: 550;
    overflow-wrap: anywhere;
  }
  /* How it ended, and why, is the first thing to see. */
  .ended {
    padding: var(--space-small) var(--space);
    margin-block: var(--space-tight);
    border-radius: var(--radius);
    border-inline-start: var(--space-tight) solid var(--lamp);
    background: var(--tone-surface);
  }
  .ended .detail {
    flex: 1 1 20rem;
  }
  .facts {
    display: flex;
    flex-wrap: wrap;
    gap: var(--space-hair) var(--space-section);
    font-size: var(--text-size-small);
  }
  .facts > div {
    overflow-wrap: anywhere;
  }
  .facts dt,
  .facts dd {
    display: inline;
  }
  .facts dt {
    margin-inline-end: var(--space-tight);
    color: var(--text-muted);
  }
  .banner {
    padding: var(--space-small) var(--space-large);
    border-block-start: var(--line-width) solid var(--line);
    background: var(--tone-surface);
    color: var(--tone);
    font-size: var(--text-size-small);
    overflow-wrap: anywhere;
  }
  .panes {
    grid-row: -2 / -1;
    display: grid;
    grid-template-columns: minmax(16rem, 5fr) minmax(0, 9fr) minmax(16rem, 5fr);
    gap: var(--space);
    min-block-size: 0;
  }
  .pane {
    display: flex;
    flex-direction: column;
    min-block-size: 0;
    min-inline-size: 0;
    background: var(--surface-raised);
    border: var(--line-width) solid var(--line);
    border-radius: var(--radius);
    overflow: hidden;
  }
  h2 {
    display: flex;
    justify-content: space-between;
    align-items: baseline;
    padding: var(--space-small) var(--space-large);
    font-size: var(--text-size-small);
    font-weight: 650;
    border-block-end: var(--line-width) solid var(--line);
  }
  #pane-events h2 {
    padding-inline: var(--space);
  }
  .count {
    font-weight: 400;
    font-size: var(--text-size-tiny);
    color: var(--text-muted);
    font-variant-numeric: tabular-nums;
  }
  sb-follow-pane {
    flex: 1;
  }
  .state-scroll {
    flex: 1;
    overflow-y: auto;
    scrollbar-width: thin;
  }
  .state-scroll:focus-visible {
    outline-offset: calc(-1 * var(--ring-width));
  }
  .pane-empty {
    padding: var(--space-large);
  }
  .choice {
    display: flex;
    align-items: center;
    gap: var(--space-small);
    padding: var(--space-small) var(--space-large);
    border-block-end: var(--line-width) solid var(--line);
    font-size: var(--text-size-tiny);
  }
  select {
    font: inherit;
    font-family: var(--font-code);
    color: inherit;
    background: var(--surface);
    border: var(--line-width) solid var(--line-strong);
    border-radius: var(--radius-small);
    min-inline-size: 0;
  }
  .tabs {
    display: none;
  }
  @media (max-width: 64rem) {
    :host {
      display: block;
      block-size: auto;
    }
    .tabs {
      display: flex;
      gap: var(--space-hair);
      margin-block-end: var(--space-small);
    }
    .tabs button {
      flex: 1;
      font: inherit;
      font-size: var(--text-size-small);
      padding: var(--space-small);
      color: var(--text-muted);
      background: none;
      border: 0;
      border-block-end: var(--ring-width) solid var(--line);
      cursor: pointer;
    }
    .tabs button[aria-pressed='true'] {
      color: var(--text);
      font-weight: 650;
      border-block-end-color: var(--accent);
    }
    .panes {
      display: block;
    }
    /* The state pane has them too. */
    .facts .wide {
      display: none;
    }
    .pane {
      display: none;
      block-size: calc(100dvh - var(--bar-size) - var(--space-page));
    }
    .pane.chosen {
      display: flex;
    }
  }
`;
