/** What every page looks like: its width, its heading, its one line of trouble. */
import { css } from 'lit';

export const pageStyles = css`
  :host {
    display: block;
    max-inline-size: var(--page-width);
    margin-inline: auto;
    padding: var(--space-large) var(--space-section) var(--space-page);
  }
  h1 {
    font-size: var(--text-size-title);
    font-weight: 650;
    line-height: 1.3;
    letter-spacing: -0.01em;
    text-wrap: balance;
    outline: none;
  }
  .trouble {
    padding: var(--space-small) var(--space);
    margin-block-end: var(--space);
    border-radius: var(--radius-small);
    background: var(--tone-warning-surface);
    color: var(--tone-warning);
    font-size: var(--text-size-small);
  }
  @media (max-width: 48rem) {
    :host {
      padding-inline: var(--space-large);
    }
  }
`;
