/** How sb-transcript-view looks. */
import { css } from 'lit';

export const transcriptViewStyles = css`
  :host {
    display: block;
    padding: var(--space) var(--space-large);
  }
  ol {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: var(--space);
  }
  .part {
    content-visibility: auto;
    contain-intrinsic-size: auto 6rem;
  }
  .part-said {
    max-inline-size: var(--measure);
    padding-inline: var(--space-tight);
  }
  .prompt {
    display: grid;
    gap: var(--space-tight);
    padding: var(--space-small) var(--space);
    border-inline-start: var(--space-tight) solid var(--lamp);
    border-radius: var(--radius-small);
    background: var(--surface-sunken);
  }
  .prompt.tone-active {
    background: var(--tone-surface);
  }
  .title {
    display: flex;
    align-items: baseline;
    gap: var(--space-small);
  }
  .prompt .title > span {
    font-size: var(--text-size-tiny);
    font-weight: 650;
    color: var(--tone);
  }
  .prompt .title time {
    margin-inline-start: auto;
  }
  .tool {
    border: var(--line-width) solid var(--line);
    border-radius: var(--radius);
    overflow: hidden;
  }
  .tool .title {
    align-items: center;
    justify-content: space-between;
    padding: var(--space-tight) var(--space);
    background: var(--surface-sunken);
    border-block-end: var(--line-width) solid var(--line);
  }
  .tool .name {
    font-weight: 650;
  }
  .verdict {
    display: flex;
    align-items: center;
    gap: var(--space-small);
  }
  .tool > sb-long-text,
  .tool > sb-fact-list,
  .tool > p {
    padding: var(--space-small) var(--space);
  }
  .input {
    padding-block-start: 0;
  }
  .output {
    border-block-start: var(--line-width) dashed var(--line);
    color: var(--text-muted);
  }
  .usage {
    padding-block-start: var(--space);
    font-size: var(--text-size-tiny);
    font-variant-numeric: tabular-nums;
  }
`;
