/** What the page of one run knows. Events and entries are complete and in order: follow.ts sees to it. */
import { createStore } from '@xstate/store';
import type { StoredEvent } from '../../../runtime/contract/event.ts';
import type { ActorSummary } from '../../../runtime/contract/run-view.ts';
import type { StoredTranscriptEntry } from '../../../runtime/contract/transcript.ts';
import { foldIntoList } from '../../folds/actor-summary.ts';
import type { CommandState } from '../../transport/command-outcome.ts';

export const runPanes = ['events', 'transcript', 'state'] as const;
/** On a narrow screen one pane is shown at a time. */
export type RunPane = (typeof runPanes)[number];

export interface RunState {
  readonly runId: string;
  /** True when history has been read to its end once: before, an empty list says nothing. */
  readonly isLoaded: boolean;
  /** Every actor of the run, in the order in which they appeared. */
  readonly actors: readonly ActorSummary[];
  readonly events: readonly StoredEvent[];
  readonly eventsTrouble: string | undefined;
  /** The session whose transcript is shown and which is steered. */
  readonly session: string | undefined;
  readonly entries: readonly StoredTranscriptEntry[];
  readonly transcriptTrouble: string | undefined;
  readonly pane: RunPane;
  readonly steer: CommandState;
  readonly kill: CommandState;
}

export type RunStore = ReturnType<typeof createRunStore>;

export function createRunStore(runId: string) {
  const initial: RunState = {
    runId,
    isLoaded: false,
    actors: [],
    events: [],
    eventsTrouble: undefined,
    session: undefined,
    entries: [],
    transcriptTrouble: undefined,
    pane: 'transcript',
    steer: { phase: 'idle' },
    kill: { phase: 'idle' },
  };
  return createStore({
    context: initial,
    on: {
      happened: (state, event: { readonly events: readonly StoredEvent[] }): RunState => ({
        ...state,
        events: [...state.events, ...event.events],
        actors: event.events.reduce(
          (actors, each) => foldIntoList(actors, each, 'last'),
          state.actors,
        ),
      }),
      eventsReported: (state, event: { readonly trouble: string | undefined }): RunState => ({
        ...state,
        isLoaded: state.isLoaded || event.trouble === undefined,
        eventsTrouble: event.trouble,
      }),
      sessionChosen: (state, event: { readonly session: string }): RunState => ({
        ...state,
        session: event.session,
        entries: [],
        transcriptTrouble: undefined,
        steer: { phase: 'idle' },
        kill: { phase: 'idle' },
      }),
      said: (state, event: { readonly entries: readonly StoredTranscriptEntry[] }): RunState => {
        const known = new Set(state.entries.map(({ id }) => id));
        // An entry stored twice has two positions and one id.
        const fresh = event.entries.filter(({ id }) => !known.has(id) && known.add(id));
        return { ...state, entries: [...state.entries, ...fresh] };
      },
      transcriptReported: (state, event: { readonly trouble: string | undefined }): RunState => ({
        ...state,
        transcriptTrouble: event.trouble,
      }),
      paneChosen: (state, event: { readonly pane: RunPane }): RunState => ({
        ...state,
        pane: event.pane,
      }),
      steerMoved: (state, event: { readonly command: CommandState }): RunState => ({
        ...state,
        steer: event.command,
      }),
      killMoved: (state, event: { readonly command: CommandState }): RunState => ({
        ...state,
        kill: event.command,
      }),
    },
  });
}

/** The actor that is the run itself; undefined until its first event has arrived. */
export function coordinatorOf(state: RunState): ActorSummary | undefined {
  return state.actors.find(({ kind, id }) => kind === 'coordinator' && id === state.runId);
}

export function membersOf(state: RunState): readonly ActorSummary[] {
  return state.actors.filter((actor) => actor !== coordinatorOf(state));
}

export function sessionsOf(state: RunState): readonly ActorSummary[] {
  return state.actors.filter(({ kind }) => kind === 'session');
}
