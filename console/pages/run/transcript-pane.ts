/** The transcript pane: the conversation of the chosen session, and what can be done to it. */
import { html, nothing } from 'lit';
import '../../elements/follow-pane/follow-pane.ts';
import '../../elements/kill-button/kill-button.ts';
import '../../elements/steer-box/steer-box.ts';
import type { SteerEvent } from '../../elements/steer-box/steer-box.ts';
import '../../elements/transcript-view/transcript-view.ts';
import type { RunActions } from './actions.ts';
import { sessionsOf, type RunState } from './state.ts';

export function renderTranscriptPane(state: RunState, actions: RunActions) {
  const sessions = sessionsOf(state);
  const session = sessions.find(({ id }) => id === state.session);
  const isOver = session !== undefined && session.status !== 'active';
  return html`
    ${sessions.length > 1 ? renderChoice(state, actions) : nothing}
    <sb-follow-pane label="Transcript, oldest first">
      ${
        state.entries.length === 0
          ? html`<p class="pane-empty muted">
              ${session === undefined ? 'No session yet.' : 'Nothing said yet.'}
            </p>`
          : html`<sb-transcript-view .entries=${state.entries}></sb-transcript-view>`
      }
    </sb-follow-pane>
    ${
      session === undefined
        ? nothing
        : html`<sb-steer-box
            .command=${state.steer}
            .disabledReason=${isOver ? `This session has ended (${session.state}); it reads no more messages.` : ''}
            @steer=${(event: SteerEvent) => void actions.steer(event.text)}
          >
            ${
              isOver
                ? nothing
                : html`<sb-kill-button
                    .session=${session.id}
                    .command=${state.kill}
                    @kill=${() => void actions.kill()}
                  ></sb-kill-button>`
            }
          </sb-steer-box>`
    }
  `;
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
