/** One actor of a run: what it is, where it stands, and the states it came through. */
import { LitElement, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { ActorSummary } from '../../../runtime/contract/run-view.ts';
import { toneOf } from '../../folds/run-outcome.ts';
import { outermostState, type VisitedState } from '../../folds/visited-states.ts';
import { formatClockTime } from '../../format/time.ts';
import { formatKey, formatKind } from '../../format/value.ts';
import { baseStyles, toneStyles } from '../base.styles.ts';
import '../fact-list/fact-list.ts';
import '../state-badge/state-badge.ts';
import { actorStatesStyles } from './actor-states.styles.ts';

@customElement('sb-actor-states')
export class ActorStates extends LitElement {
  static override readonly styles = [baseStyles, toneStyles, actorStatesStyles];

  @property({ attribute: false }) actor: ActorSummary | undefined;
  @property({ attribute: false }) visited: readonly VisitedState[] = [];

  protected override render() {
    const { actor } = this;
    if (actor === undefined) return nothing;
    const tone = toneOf(actor);
    const current = outermostState(actor.state);
    return html`<article aria-label="${actor.kind} ${actor.id}">
      <header>
        <h3>${formatKind(actor.kind)}</h3>
        <sb-state-badge .label=${current} .tone=${tone} ?busy=${tone === 'active'}></sb-state-badge>
      </header>
      <p class="code muted id">${actor.id}</p>
      <ol class="tone-${tone}" aria-label="States visited">
        ${this.visited.map(
          ({ state, entered, firstAt }) =>
            html`<li
              class=${state === current ? 'current' : nothing}
              aria-current=${state === current ? 'step' : nothing}
              title="First at ${formatClockTime(firstAt)}"
            >
              ${formatKey(state)}${
                entered > 1 ? html`<span class="times"> ×${entered}</span>` : nothing
              }
            </li>`,
        )}
      </ol>
      <details>
        <summary>Facts <span class="muted">${Object.keys(actor.facts).length}</span></summary>
        <sb-fact-list .facts=${actor.facts}></sb-fact-list>
      </details>
    </article>`;
  }
}
