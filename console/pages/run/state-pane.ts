/** The state pane: every actor of the run with the states it came through, then the proof records, newest first. */
import { html } from 'lit';
import '../../elements/actor-states/actor-states.ts';
import '../../elements/proof-table/proof-table.ts';
import { listProofs } from '../../folds/proof.ts';
import { listVisitedStates } from '../../folds/visited-states.ts';
import type { RunState } from './state.ts';

export function renderStatePane({ actors, events }: RunState) {
  return html`<div class="state-scroll" role="region" aria-label="State of each actor" tabindex="0">
    ${actors.map(
      (actor) =>
        html`<sb-actor-states
          .actor=${actor}
          .visited=${listVisitedStates(events, actor)}
        ></sb-actor-states>`,
    )}
    ${listProofs(events)
      .toReversed()
      .map((proof) => html`<sb-proof-table .proof=${proof}></sb-proof-table>`)}
  </div>`;
}
