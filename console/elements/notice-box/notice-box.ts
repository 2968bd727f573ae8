/** Says why there is nothing to show, and what to do next: empty lists, missing runs, lost gateways. */
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { baseStyles, toneStyles } from '../base.styles.ts';
import type { Tone } from '../../folds/run-outcome.ts';

@customElement('sb-notice')
export class NoticeBox extends LitElement {
  static override readonly styles = [
    baseStyles,
    toneStyles,
    css`
      :host {
        display: block;
      }
      .notice {
        display: grid;
        gap: var(--space-small);
        padding: var(--space-section);
        border: var(--line-width) solid var(--line);
        border-inline-start: var(--space-tight) solid var(--lamp);
        border-radius: var(--radius);
        background: var(--surface-raised);
        max-inline-size: var(--measure);
      }
      h2 {
        font-size: var(--text-size);
        font-weight: 650;
      }
      ::slotted(*) {
        color: var(--text-muted);
      }
    `,
  ];

  @property() heading = '';
  @property() tone: Tone = 'neutral';

  protected override render() {
    return html`<div class="notice tone-${this.tone}">
      ${this.heading === '' ? nothing : html`<h2>${this.heading}</h2>`}
      <slot></slot>
    </div>`;
  }
}
