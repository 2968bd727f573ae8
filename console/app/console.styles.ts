/** The frame of the app: the bar at the top and the room for a page. */
import { css } from 'lit';

export const consoleStyles = css`
  :host {
    --bar-size: 2.75rem;
    display: block;
  }
  header {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: var(--space);
    block-size: var(--bar-size);
    padding-inline: var(--space-section);
    background: var(--surface-raised);
    border-block-end: var(--line-width) solid var(--line);
  }
  .brand {
    display: inline-flex;
    align-items: center;
    gap: var(--space-small);
    font-weight: 650;
    letter-spacing: -0.01em;
    text-decoration: none;
  }
  svg {
    block-size: 1.25rem;
    inline-size: 1.25rem;
  }
  .post {
    fill: var(--text);
  }
  .off {
    fill: var(--text-muted);
  }
  .clear {
    fill: var(--tone-good);
  }
  main {
    outline: none;
  }
  .frame {
    padding: var(--space-section);
  }
  @media (max-width: 48rem) {
    header {
      padding-inline: var(--space-large);
    }
  }
`;
