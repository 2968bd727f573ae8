/** What became of a run, read from its typed facts: the one tone and the one line that describe it. */
import type { Json } from '../../runtime/contract/json.ts';
import type { ActorSummary } from '../../runtime/contract/run-view.ts';

/** The signal aspects of the console: what a lamp, a badge or a row is coloured by. */
export type Tone = 'neutral' | 'active' | 'waiting' | 'good' | 'warning' | 'bad';

/** States in which an actor waits for a person, a slot or a forge, and costs nothing. */
const waitingStates = /parked|queued|awaiting(?:Review|Checks|Approval|Merge|Decision|Slot)/iu;
const endedWell = /^(completed|merged|done)$/u;

export function toneOf(actor: Pick<ActorSummary, 'state' | 'status'>): Tone {
  const leaf = actor.state.split('.').at(-1) ?? actor.state;
  switch (actor.status) {
    case 'error':
      return 'bad';
    case 'stopped':
      return 'warning';
    case 'done':
      if (endedWell.test(leaf)) return 'good';
      return /failed|killed/u.test(leaf) ? 'bad' : 'warning';
    case 'active':
      if (leaf === 'escalated') return 'warning';
      return waitingStates.test(actor.state) ? 'waiting' : 'active';
    default:
      return 'neutral';
  }
}

/** The outcome, the reason, or undefined while there is neither. */
export function describeOutcome(run: Pick<ActorSummary, 'facts' | 'status'>): string | undefined {
  if (run.status === 'active') return undefined;
  const outcome = textOf(run.facts['outcome']);
  const reason = textOf(run.facts['reason']);
  if (outcome !== undefined && reason !== undefined && outcome !== reason)
    return `${outcome}: ${reason}`;
  return outcome ?? reason;
}

export function textOf(fact: Json | undefined): string | undefined {
  if (typeof fact === 'string') return fact === '' ? undefined : fact;
  return typeof fact === 'number' || typeof fact === 'boolean' ? String(fact) : undefined;
}
