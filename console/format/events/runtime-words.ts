/** The events that the runtime adds to whatever an actor tells. */
import { formatEventType, formatKind } from '../value.ts';
import type { WordsOf } from '../event-words.ts';

export const runtimeWords: Readonly<Record<string, WordsOf>> = {
  actorEnded: (facts) => {
    const error = facts.nested('error').text('message') || facts.text('error');
    const name = formatEventType(formatKind(facts.kind));
    return error === ''
      ? { title: `${name} ended`, weight: 'quiet' }
      : { title: `${name} broke`, detail: error, tone: 'bad', weight: 'milestone' };
  },
  commandDeadLettered: (facts) => ({
    title: `A command of the ${formatKind(facts.kind)} was set aside`,
    detail: facts.text('error'),
    tone: 'bad',
    weight: 'milestone',
  }),
  actorQuarantined: (facts) => ({
    title: `${formatEventType(formatKind(facts.kind))} quarantined`,
    detail: facts.text('reason'),
    tone: 'bad',
    weight: 'milestone',
  }),
};
