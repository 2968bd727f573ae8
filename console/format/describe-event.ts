/** One event in words: what a person scanning the timeline needs, the rest stays in the details. Pure. */
import type { StoredEvent } from '../../runtime/contract/event.ts';
import { readEventFacts, type EventWords, type WordsOf } from './event-words.ts';
import { coordinatorWords } from './events/coordinator-words.ts';
import { mergeRequestWords } from './events/merge-request-words.ts';
import { runtimeWords } from './events/runtime-words.ts';
import { sessionWords } from './events/session-words.ts';
import { scheduleWords } from './events/schedule-words.ts';
import { standingWords } from './events/standing-words.ts';
import { firstLine, formatEventType, formatKey, formatValue, shortenShas } from './value.ts';

/** Every event type this console has words for; tests compare it with what the actors tell. */
export const eventWords: Readonly<Record<string, WordsOf>> = {
  ...coordinatorWords,
  ...sessionWords,
  ...mergeRequestWords,
  ...scheduleWords,
  ...standingWords,
  ...runtimeWords,
};

const maxDetailLength = 200;

export function describeEvent({
  kind,
  type,
  data,
}: Pick<StoredEvent, 'kind' | 'type' | 'data'>): EventWords {
  const words = eventWords[type]?.(readEventFacts(kind, data)) ?? {
    title: formatEventType(type),
    detail: describeUnknown(data),
  };
  const { title, detail = '', tone = 'neutral', weight = 'plain' } = words;
  return { title, detail: firstLine(detail, maxDetailLength), tone, weight };
}

/** Actors of one's own tell what they like: every value is shown. */
function describeUnknown(data: StoredEvent['data']): string {
  return Object.entries(data)
    .map(([key, value]) => `${formatKey(key)} ${shortenShas(formatValue(value))}`)
    .join(' · ');
}
