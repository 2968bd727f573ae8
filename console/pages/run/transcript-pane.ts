/** The transcript pane: the conversation of the chosen session, how it stands, and what can be done to it. */
import { html, nothing } from 'lit';
import type { ActorSummary } from '../../../runtime/contract/run-view.ts';
import '../../elements/follow-pane/follow-pane.ts';
import '../../elements/kill-button/kill-button.ts';
import '../../elements/steer-box/steer-box.ts';
import type { SteerEvent } from '../../elements/steer-box/steer-box.ts';
import '../../elements/transcript-view/transcript-view.ts';
import { textOf, toneOf } from '../../folds/run-outcome.ts';
import { listRunningTools } from '../../folds/running-tools.ts';
import { formatKey, shortenShas } from '../../format/value.ts';
import type { RunActions } from './actions.ts';
import { sessionsOf, type RunState } from './state.ts';

export function renderTranscriptPane(state: RunState, actions: RunActions) {
  const sessions = sessionsOf(state);
  const session = sessions.find(({ id }) => id === state.session);
  return html`
    ${sessions.length > 1 ? renderChoice(state, actions) : nothing}
    <sb-follow-pane label="Transcript, oldest first">
      ${
        state.entries.length === 0
          ? html`<p class="pane-empty muted">
              ${session === undefined ? 'No session yet.' : 'Nothing said yet.'}
            </p>`
          : html`<sb-transcript-view
              .entries=${state.entries}
              .running=${listRunningTools(state.events, state.session)}
            ></sb-transcript-view>`
      }
    </sb-follow-pane>
    ${session === undefined ? nothing : renderControls(session, state, actions)}
  `;
}

function renderControls(session: ActorSummary, state: RunState, actions: RunActions) {
  if (session.status !== 'active') return renderEnd(session);
  const isParked = session.state === 'parked';
  return html`
    ${isParked ? renderParked() : nothing}
    <sb-steer-box
      ?parked=${isParked}
      .command=${state.steer}
      @steer=${(event: SteerEvent) => void actions.steer(event.text)}
    >
      <sb-kill-button
        .session=${session.id}
        .command=${state.kill}
        @kill=${() => void actions.kill()}
      ></sb-kill-button>
    </sb-steer-box>
  `;
}

function renderParked() {
  return html`<p class="banner tone-waiting">
    <strong>Parked.</strong> It sleeps and costs nothing until a message, a review or a failed check
    wakes it.
  </p>`;
}

function renderEnd(session: ActorSummary) {
  const reason = textOf(session.facts['reason']);
  return html`<p class="banner tone-${toneOf(session)}">
    <strong>Session ${formatKey(session.state)}.</strong>
    ${reason === undefined ? nothing : shortenShas(reason)}
  </p>`;
}

function renderChoice(state: RunState, actions: RunActions) {
  return html`<label class="choice">
    Session
    <select
      @change=${(event: Event) => {
        if (event.target instanceof HTMLSelectElement) actions.chooseSession(event.target.value);
      }}
    >
      ${sessionsOf(state).map(
        ({ id }) => html`<option value=${id} ?selected=${id === state.session}>${id}</option>`,
      )}
    </select>
  </label>`;
}
