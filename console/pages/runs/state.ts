/** What the list of runs knows: the runs, newest first, and whether they are complete. */
import { createStore } from '@xstate/store';
import type { StoredEvent } from '../../../runtime/contract/event.ts';
import type { ActorList, ActorSummary } from '../../../runtime/contract/run-view.ts';
import { foldIntoList } from '../../folds/actor-summary.ts';

/** The kind of the actor that a run is. */
const runKind = 'coordinator';

export interface RunsState {
  readonly phase: 'loading' | 'ready';
  readonly runs: readonly ActorSummary[];
  /** Why the list may be out of date; undefined when it is not. */
  readonly trouble: string | undefined;
}

export type RunsStore = ReturnType<typeof createRunsStore>;

export function createRunsStore() {
  const initial: RunsState = { phase: 'loading', runs: [], trouble: undefined };
  return createStore({
    context: initial,
    on: {
      listed: (_state, event: { readonly list: ActorList }): RunsState => ({
        phase: 'ready',
        runs: event.list.actors,
        trouble: undefined,
      }),
      happened: (state, event: { readonly events: readonly StoredEvent[] }): RunsState => {
        let { runs } = state;
        for (const each of event.events) {
          if (each.kind === runKind) runs = foldIntoList(runs, each, 'first');
        }
        return runs === state.runs ? state : { ...state, runs };
      },
      troubled: (state, event: { readonly trouble: string | undefined }): RunsState =>
        state.trouble === event.trouble ? state : { ...state, trouble: event.trouble },
    },
  });
}
