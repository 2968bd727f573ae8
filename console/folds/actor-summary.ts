/** Actors folded from their events, the way history folds them: what is shown moves on with the live tail. */
import type { StoredEvent } from '../../runtime/contract/event.ts';
import type { ActorSummary } from '../../runtime/contract/run-view.ts';

/** Events that the summary already holds change nothing. */
export function foldEvent(summary: ActorSummary | undefined, event: StoredEvent): ActorSummary {
  if (summary !== undefined && event.seq <= summary.lastSeq) return summary;
  return {
    kind: event.kind,
    id: event.actor,
    state: event.state,
    status: event.status,
    startedAt: summary?.startedAt ?? event.at,
    updatedAt: event.at,
    lastSeq: event.seq,
    eventCount: (summary?.eventCount ?? 0) + 1,
    facts: { ...summary?.facts, ...event.data },
  };
}

/** Folds into a list; an actor seen for the first time is put where `place` says. */
export function foldIntoList(
  list: readonly ActorSummary[],
  event: StoredEvent,
  place: 'first' | 'last',
): readonly ActorSummary[] {
  const index = list.findIndex(({ kind, id }) => kind === event.kind && id === event.actor);
  if (index >= 0) return list.with(index, foldEvent(list[index], event));
  const added = foldEvent(undefined, event);
  return place === 'first' ? [added, ...list] : [...list, added];
}

/** A run is its coordinator and every actor below it: children are named `parent::child`. */
export function belongsToRun(runId: string, actorId: string): boolean {
  return actorId === runId || actorId.startsWith(`${runId}::`);
}
