/** Lists of actors that move on with the live tail, folded the way history folds them. */
import { foldEvent } from '../../runtime/contract/actor-fold.ts';
import type { StoredEvent } from '../../runtime/contract/event.ts';
import type { ActorSummary } from '../../runtime/contract/run-view.ts';

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
