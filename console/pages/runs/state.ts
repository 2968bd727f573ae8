/** What the list of runs knows: the runs with their members, newest first, and whether they are complete. */
import { createStore } from '@xstate/store';
import { isInTree } from '../../../runtime/contract/actor-tree.ts';
import type { StoredEvent } from '../../../runtime/contract/event.ts';
import type { ActorList, ActorSummary } from '../../../runtime/contract/run-view.ts';
import { foldIntoList } from '../../folds/actor-summary.ts';

/** The kind of the actor that a run is. */
const runKind = 'coordinator';
/** The actors that say how a run stands. */
const memberKinds = new Set(['session', 'merge-request']);

/** The actors that stand beside all runs: what they tell is shown below the list, the latest of it. */
const standingKinds = new Set(['trigger', 'work-queue']);
const maxStandingEvents = 100;

export interface ListedRun {
  readonly run: ActorSummary;
  readonly members: readonly ActorSummary[];
}

export interface RunsState {
  readonly phase: 'loading' | 'ready';
  readonly runs: readonly ListedRun[];
  /** Oldest first. */
  readonly standing: readonly StoredEvent[];
  /** Why the list may be out of date; undefined when it is not. */
  readonly trouble: string | undefined;
}

export type RunsStore = ReturnType<typeof createRunsStore>;

export function createRunsStore() {
  const initial: RunsState = { phase: 'loading', runs: [], standing: [], trouble: undefined };
  return createStore({
    context: initial,
    on: {
      listed: (state, event: { readonly list: ActorList }): RunsState => ({
        ...state,
        phase: 'ready',
        runs: groupByRun(event.list.actors),
        trouble: undefined,
      }),
      happened: (state, event: { readonly events: readonly StoredEvent[] }): RunsState => {
        const runs = event.events.reduce(foldIntoRuns, state.runs);
        const told = event.events.filter(({ kind }) => standingKinds.has(kind));
        if (runs === state.runs && told.length === 0) return state;
        return { ...state, runs, standing: [...state.standing, ...told].slice(-maxStandingEvents) };
      },
      troubled: (state, event: { readonly trouble: string | undefined }): RunsState =>
        state.trouble === event.trouble ? state : { ...state, trouble: event.trouble },
    },
  });
}

/** `actors` are newest first: a child is younger than its run, and stands before it. */
function groupByRun(actors: readonly ActorSummary[]): readonly ListedRun[] {
  const members = new Map<string, ActorSummary[]>();
  for (const actor of actors) {
    if (!memberKinds.has(actor.kind)) continue;
    const runId = actor.id.split('::', 1)[0] ?? actor.id;
    members.set(runId, [actor, ...(members.get(runId) ?? [])]);
  }
  return actors
    .filter(({ kind }) => kind === runKind)
    .map((run) => ({ run, members: members.get(run.id) ?? [] }));
}

function foldIntoRuns(runs: readonly ListedRun[], event: StoredEvent): readonly ListedRun[] {
  if (event.kind !== runKind && !memberKinds.has(event.kind)) return runs;
  const index = runs.findIndex(({ run }) => isInTree(run.id, event.actor));
  const listed = runs[index];
  if (event.kind !== runKind) {
    if (listed === undefined) return runs;
    return runs.with(index, { ...listed, members: foldIntoList(listed.members, event, 'last') });
  }
  const [run] = foldIntoList(listed === undefined ? [] : [listed.run], event, 'first');
  if (run === undefined) return runs;
  return listed === undefined
    ? [{ run, members: [] }, ...runs]
    : runs.with(index, { ...listed, run });
}
