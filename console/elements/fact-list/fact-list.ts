/** Named values of any shape: the data of an event, the facts of an actor, the input of a tool. Lists nest. */
import { LitElement, html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { jsonObjectSchema, type Json, type JsonObject } from '../../../runtime/contract/json.ts';
import { formatDuration } from '../../format/time.ts';
import { formatKey, formatValue } from '../../format/value.ts';
import { baseStyles } from '../base.styles.ts';
import '../long-text/long-text.ts';
import { factListStyles } from './fact-list.styles.ts';

@customElement('sb-fact-list')
export class FactList extends LitElement {
  static override readonly styles = [baseStyles, factListStyles];

  @property({ attribute: false }) facts: Readonly<JsonObject> = {};

  protected override render() {
    const facts = Object.entries(this.facts).sort(([left], [right]) => left.localeCompare(right));
    return facts.length === 0 ? html`<p class="muted">No facts.</p>` : renderFacts(facts);
  }
}

function renderFacts(facts: readonly (readonly [string, Json])[]): TemplateResult {
  return html`<dl>
    ${repeat(
      facts,
      ([key]) => key,
      ([key, value]) => renderFact(key, value),
    )}
  </dl>`;
}

function renderFact(key: string, value: Json) {
  if (key.endsWith('Ms') && typeof value === 'number') {
    return html`<dt>${formatKey(key.slice(0, -2))}</dt>
      <dd>${formatDuration(value)}</dd>`;
  }
  const nested = jsonObjectSchema.safeParse(value);
  const inner = nested.success ? Object.entries(nested.data) : [];
  return inner.length === 0
    ? html`<dt>${formatKey(key)}</dt>
        <dd>${renderText(nested.success ? 'none' : value)}</dd>`
    : html`<dt>${formatKey(key)}</dt>
        <dd class="nested">${renderFacts(inner)}</dd>`;
}

function renderText(value: Json) {
  return html`<sb-long-text code lines="6" .text=${formatValue(value)}></sb-long-text>`;
}
