/**
 * The states an actor has been in, in the order of the first visit, with how often each was entered.
 * Only the outermost of nested states: the inner ones are steps on the way, and would drown the story.
 */
import type { StoredEvent } from '../../runtime/contract/event.ts';

export interface VisitedState {
  readonly state: string;
  /** How many times it was entered from another state. */
  readonly entered: number;
  readonly firstAt: string;
}

/** `awaitingReview.looking` -> `awaitingReview` */
export function outermostState(state: string): string {
  return state.split('.', 1)[0] ?? state;
}

export function listVisitedStates(
  events: readonly StoredEvent[],
  actor: { readonly kind: string; readonly id: string },
): readonly VisitedState[] {
  const visited = new Map<string, VisitedState>();
  let current: string | undefined;
  for (const event of events) {
    const state = outermostState(event.state);
    if (event.kind !== actor.kind || event.actor !== actor.id || state === current) continue;
    current = state;
    const before = visited.get(current);
    visited.set(current, {
      state: current,
      entered: (before?.entered ?? 0) + 1,
      firstAt: before?.firstAt ?? event.at,
    });
  }
  return [...visited.values()];
}
