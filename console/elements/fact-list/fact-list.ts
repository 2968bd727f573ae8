/** The facts of an actor: the data of its events, merged. Unknown keys are shown like known ones. */
import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { ActorSummary } from '../../../runtime/contract/run-view.ts';
import { formatKey, formatValue } from '../../format/value.ts';
import { baseStyles } from '../base.styles.ts';
import '../long-text/long-text.ts';

@customElement('sb-fact-list')
export class FactList extends LitElement {
  static override readonly styles = [
    baseStyles,
    css`
      :host {
        display: block;
      }
      dl {
        display: grid;
        grid-template-columns: minmax(5rem, auto) 1fr;
        gap: var(--space-tight) var(--space);
      }
      dt {
        color: var(--text-muted);
        font-size: var(--text-size-tiny);
        line-height: calc(var(--text-size) * var(--line-height));
      }
      dd {
        min-inline-size: 0;
      }
    `,
  ];

  @property({ attribute: false }) facts: ActorSummary['facts'] = {};

  protected override render() {
    const facts = Object.entries(this.facts).sort(([left], [right]) => left.localeCompare(right));
    if (facts.length === 0) return html`<p class="muted">No facts yet.</p>`;
    return html`<dl>
      ${repeat(
        facts,
        ([key]) => key,
        ([key, value]) =>
          html`<dt>${formatKey(key)}</dt>
            <dd><sb-long-text code lines="3" .text=${formatValue(value)}></sb-long-text></dd>`,
      )}
    </dl>`;
  }
}
