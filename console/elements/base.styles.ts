/** What every element starts from: sizing, focus, links, code, buttons, and text for screen readers only. */
import { css } from 'lit';

export const baseStyles = css`
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  :host {
    font-size: var(--text-size);
  }
  :host([hidden]),
  [hidden] {
    display: none !important;
  }
  :focus-visible {
    outline: var(--ring-width) solid var(--focus);
    outline-offset: var(--ring-width);
    border-radius: var(--radius-small);
  }
  a {
    color: inherit;
    text-decoration-color: var(--line-strong);
    text-underline-offset: 0.2em;
  }
  a:hover {
    text-decoration-color: currentColor;
  }
  h1,
  h2,
  h3,
  p,
  ol,
  ul,
  dl,
  dd,
  figure,
  pre {
    margin: 0;
    padding: 0;
  }
  ol,
  ul {
    list-style: none;
  }
  code,
  pre,
  .code {
    font-family: var(--font-code);
    font-size: var(--text-size-code);
    font-variant-ligatures: none;
  }
  .muted {
    color: var(--text-muted);
  }
  .hidden-text {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
`;

export const buttonStyles = css`
  button {
    font: inherit;
    font-size: var(--text-size-small);
    color: var(--text);
    background: var(--surface-raised);
    border: var(--line-width) solid var(--line-strong);
    border-radius: var(--radius-small);
    padding: var(--space-tight) var(--space);
    cursor: pointer;
    transition: background-color var(--motion);
  }
  button:hover:not(:disabled) {
    background: var(--surface-hover);
  }
  button:disabled {
    color: var(--text-muted);
    cursor: not-allowed;
  }
  button.primary {
    color: var(--text-on-accent);
    background: var(--accent);
    border-color: var(--accent);
    font-weight: 600;
  }
  button.primary:hover:not(:disabled) {
    background: color-mix(in oklab, var(--accent) 88%, var(--text));
  }
  button.primary:disabled {
    color: var(--text-muted);
    background: var(--surface-hover);
    border-color: var(--line);
  }
  button.danger {
    color: var(--tone-bad);
    border-color: color-mix(in oklab, var(--tone-bad) 45%, var(--line));
  }
`;

/** `tone-*` classes set the two colours that a lamp, a badge or a rail is drawn with. */
export const toneStyles = css`
  .tone-neutral {
    --tone: var(--tone-neutral);
    --lamp: var(--tone-neutral-lamp);
    --tone-surface: var(--tone-neutral-surface);
  }
  .tone-active {
    --tone: var(--tone-active);
    --lamp: var(--tone-active);
    --tone-surface: var(--tone-active-surface);
  }
  .tone-waiting {
    --tone: var(--tone-waiting);
    --lamp: var(--tone-waiting);
    --tone-surface: var(--tone-waiting-surface);
  }
  .tone-good {
    --tone: var(--tone-good);
    --lamp: var(--tone-good);
    --tone-surface: var(--tone-good-surface);
  }
  .tone-warning {
    --tone: var(--tone-warning);
    --lamp: var(--tone-warning);
    --tone-surface: var(--tone-warning-surface);
  }
  .tone-bad {
    --tone: var(--tone-bad);
    --lamp: var(--tone-bad);
    --tone-surface: var(--tone-bad-surface);
  }
`;
