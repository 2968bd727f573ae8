/** The events that the runtime adds to whatever an actor tells. */
import { formatEventType, formatKind } from '../value.ts';
import { joinParts, type WordsOf } from '../event-words.ts';

export const runtimeWords: Readonly<Record<string, WordsOf>> = {
  actorEnded: (facts) => {
    const error = facts.nested('error').text('message') || facts.text('error');
    const name = formatEventType(formatKind(facts.kind));
    return error === ''
      ? { title: `${name} ended`, weight: 'quiet' }
      : { title: `${name} broke`, detail: error, tone: 'bad', weight: 'milestone' };
  },
  childFailed: (facts) => ({
    title: `${facts.text('child')} failed`,
    detail: joinParts(
      facts.nested('error').text('message') || facts.text('error'),
      facts.text('verdict') === 'restart' ? 'will be started again' : 'stays ended',
    ),
    tone: 'bad',
    weight: 'milestone',
  }),
  childRestarted: (facts) => ({
    title: `${facts.text('child')} started again`,
    detail: `restart ${facts.text('restarts')}`,
  }),
  commandDeadLettered: (facts) => ({
    title: `A command of the ${formatKind(facts.kind)} was set aside`,
    detail: facts.text('error'),
    tone: 'bad',
    weight: 'milestone',
  }),
  actorLost: (facts) => ({
    title: `${formatEventType(formatKind(facts.kind))} lost`,
    detail: 'Restored from history alone: what it was doing is not known.',
    tone: 'bad',
    weight: 'milestone',
  }),
  actorReleased: (facts) => ({
    title: `${formatEventType(formatKind(facts.kind))} goes on`,
    detail: 'What came for it while it stood still is applied.',
    weight: 'milestone',
  }),
  actorMigrated: (facts) => ({
    title: `${formatEventType(formatKind(facts.kind))} brought to version ${facts.text('to')}`,
    weight: 'quiet',
  }),
  actorQuarantined: (facts) => ({
    title: `${formatEventType(formatKind(facts.kind))} quarantined`,
    detail: facts.text('reason'),
    tone: 'bad',
    weight: 'milestone',
  }),
};
