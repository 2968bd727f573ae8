/** The tone of an actor: what a lamp, a badge or a row is coloured by, read from its typed state alone. */
import type { Json } from '../../runtime/contract/json.ts';
import type { ActorSummary } from '../../runtime/contract/run-view.ts';
import { outermostState } from './visited-states.ts';

/** The signal aspects of the console. */
export type Tone = 'neutral' | 'active' | 'waiting' | 'good' | 'warning' | 'bad';

/** States in which an actor waits for a person, a slot, a forge or another actor, and costs nothing. */
const waitingStates = new Set([
  'queued',
  'parked',
  'awaitingHandoff',
  'watching',
  'awaitingReview',
  'awaitingChecks',
]);
/** Every other end needs somebody to look. */
const goodEnds = new Set(['completed', 'merged']);
const badEnds = new Set(['failed', 'killed', 'escalated']);

export function toneOf(actor: Pick<ActorSummary, 'state' | 'status'>): Tone {
  const state = outermostState(actor.state);
  switch (actor.status) {
    case 'error':
      return 'bad';
    case 'stopped':
      return 'warning';
    case 'done':
      if (goodEnds.has(state)) return 'good';
      return badEnds.has(state) ? 'bad' : 'warning';
    case 'active':
      return actor.state.split('.').some((part) => waitingStates.has(part)) ? 'waiting' : 'active';
    default:
      return 'neutral';
  }
}

export function textOf(fact: Json | undefined): string | undefined {
  if (typeof fact === 'string') return fact === '' ? undefined : fact;
  return typeof fact === 'number' || typeof fact === 'boolean' ? String(fact) : undefined;
}
