/** The events that the runtime adds to whatever an actor tells. */
import type { WordsOf } from '../event-words.ts';

export const runtimeWords: Readonly<Record<string, WordsOf>> = {
  actorEnded: (facts) => {
    const error = facts.nested('error').text('message') || facts.text('error');
    return error === ''
      ? { title: 'Ended', weight: 'quiet' }
      : { title: 'Broke', detail: error, tone: 'bad', weight: 'milestone' };
  },
  commandDeadLettered: (facts) => ({
    title: 'A command was set aside',
    detail: facts.text('error'),
    tone: 'bad',
    weight: 'milestone',
  }),
  actorQuarantined: (facts) => ({
    title: 'Quarantined',
    detail: facts.text('reason'),
    tone: 'bad',
    weight: 'milestone',
  }),
};
