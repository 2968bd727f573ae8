/** How sb-state-badge looks. */
import { css } from 'lit';

export const stateBadgeStyles = css`
  :host {
    display: inline-flex;
  }
  .badge {
    display: inline-flex;
    align-items: center;
    gap: var(--space-small);
    padding: var(--space-hair) var(--space-small);
    border-radius: var(--radius-small);
    color: var(--tone);
    background: var(--tone-surface);
    font-size: var(--text-size-tiny);
    font-weight: 550;
    line-height: var(--line-height);
    white-space: nowrap;
  }
  .lamp {
    inline-size: var(--lamp-size);
    block-size: var(--lamp-size);
    border-radius: 50%;
    background: var(--lamp);
  }
  @media (prefers-reduced-motion: no-preference) {
    .busy {
      animation: breathe 1.8s ease-in-out infinite;
    }
  }
  @keyframes breathe {
    50% {
      opacity: 0.35;
    }
  }
`;
