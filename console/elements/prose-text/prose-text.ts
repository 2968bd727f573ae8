/** A text that people and agents wrote, with its headings, lists and code. Never HTML: only text is set. */
import { LitElement, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { assertNever } from '../../../runtime/contract/errors.ts';
import { readProse, type ProseBlock, type ProseSpan } from '../../format/prose.ts';
import { baseStyles } from '../base.styles.ts';
import { proseTextStyles } from './prose-text.styles.ts';

@customElement('sb-prose-text')
export class ProseText extends LitElement {
  static override readonly styles = [baseStyles, proseTextStyles];

  @property() text = '';

  protected override render() {
    return readProse(this.text).map((block) => renderBlock(block));
  }
}

function renderBlock(block: ProseBlock) {
  switch (block.type) {
    // Not a heading of the page: it belongs to what somebody said.
    case 'heading':
      return html`<p class="heading">${renderSpans(block.spans)}</p>`;
    case 'paragraph':
      return html`<p>${renderSpans(block.spans)}</p>`;
    case 'list':
      return html`<ul>
        ${block.items.map((spans) => html`<li>${renderSpans(spans)}</li>`)}
      </ul>`;
    case 'code':
      return html`<pre tabindex="0">${block.text}</pre>`;
    default:
      return assertNever(block);
  }
}

function renderSpans(spans: readonly ProseSpan[]) {
  return spans.map(({ type, text }) => {
    if (type === 'code') return html`<code>${text}</code>`;
    return type === 'bold' ? html`<strong>${text}</strong>` : text;
  });
}
