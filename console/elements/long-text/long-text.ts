/** A text of any length: short ones are shown, long ones are folded to their beginning until asked for. */
import { LitElement, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { formatCount } from '../../format/value.ts';
import { baseStyles } from '../base.styles.ts';
import '../prose-text/prose-text.ts';
import { foldText } from './fold-text.ts';
import { longTextStyles } from './long-text.styles.ts';

@customElement('sb-long-text')
export class LongText extends LitElement {
  static override readonly styles = [baseStyles, longTextStyles];

  @property() text = '';
  /** Set for commands, code and output; anything else is prose. */
  @property({ type: Boolean, reflect: true }) code = false;
  /** Lines shown of a text that is folded. */
  @property({ type: Number }) lines = 8;
  @state() private isOpen = false;

  protected override render() {
    const folded = foldText(this.text, this.lines);
    const hidden = folded.hiddenLines;
    const text = this.isOpen ? this.text : folded.text;
    return html`
      ${
        this.code
          ? html`<pre tabindex=${this.isOpen ? 0 : nothing}>${text}</pre>`
          : html`<sb-prose-text .text=${text}></sb-prose-text>`
      }
      ${
        folded.isFolded
          ? html`<button
              type="button"
              aria-expanded=${this.isOpen}
              @click=${() => (this.isOpen = !this.isOpen)}
            >
              ${this.isOpen ? 'Show less' : hidden > 0 ? `Show ${formatCount(hidden, 'more line')}` : 'Show all'}
            </button>`
          : nothing
      }
    `;
  }
}
