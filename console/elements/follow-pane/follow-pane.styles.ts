/** How sb-follow-pane looks. */
import { css } from 'lit';

export const followPaneStyles = css`
  :host {
    display: grid;
    position: relative;
    min-block-size: 0;
    min-inline-size: 0;
  }
  .scroll {
    overflow-y: auto;
    overscroll-behavior: contain;
    scrollbar-width: thin;
    min-block-size: 0;
  }
  .scroll:focus-visible {
    outline-offset: calc(-1 * var(--ring-width));
  }
  .latest {
    position: absolute;
    inset-block-end: var(--space);
    inset-inline-start: 50%;
    translate: -50% 0;
    border-radius: var(--radius);
    box-shadow: var(--shadow);
  }
`;
