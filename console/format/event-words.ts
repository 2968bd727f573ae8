/** What a table of event words is made of: one entry per event type, each turning the data into words. Pure. */
import { jsonObjectSchema, type JsonObject } from '../../runtime/contract/json.ts';
import type { Tone } from '../folds/run-outcome.ts';
import { formatDuration } from './time.ts';
import { formatValue, shortenShas } from './value.ts';

/** `milestone`: what a person looks for. `quiet`: of use to somebody who looks for a fault. */
export type EventWeight = 'milestone' | 'plain' | 'quiet';

export interface EventWords {
  readonly title: string;
  readonly detail: string;
  readonly tone: Tone;
  readonly weight: EventWeight;
}

/** What a type says for itself; the rest is: nothing more, neutral, plain. */
export type PartialWords = Partial<EventWords> & Pick<EventWords, 'title'>;
export type WordsOf = (facts: EventFacts) => PartialWords;

/** The data of an event, read without trust: what is missing reads as empty. */
export interface EventFacts {
  /** The kind of the actor that tells. */
  readonly kind: string;
  text(key: string): string;
  count(key: string): number | undefined;
  list(key: string): readonly string[];
  nested(key: string): EventFacts;
}

export function readEventFacts(kind: string, data: Readonly<JsonObject>): EventFacts {
  return {
    kind,
    text: (key) => {
      const value = data[key];
      return value === undefined || value === null ? '' : shortenShas(formatValue(value));
    },
    count: (key) => {
      const value = data[key];
      return typeof value === 'number' ? value : undefined;
    },
    list: (key) => {
      const value = data[key];
      return Array.isArray(value) ? value.map((each) => formatValue(each)) : [];
    },
    nested: (key) => {
      const value = jsonObjectSchema.safeParse(data[key]);
      return readEventFacts(kind, value.success ? value.data : {});
    },
  };
}

/** `npm test · exit 0 · 2.9 s`: what there is of the parts. */
export function joinParts(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join(' · ');
}

export function describeExit(facts: EventFacts): string {
  const exitCode = facts.count('exitCode');
  return exitCode === undefined ? '' : `exit ${exitCode}`;
}

export function describeTook(facts: EventFacts): string {
  const durationMs = facts.count('durationMs');
  return durationMs === undefined || durationMs === 0 ? '' : formatDuration(durationMs);
}

/** `, round 1` for rework; nothing for the first time round. */
export function describeRound(facts: EventFacts): string {
  const round = facts.count('round') ?? 0;
  return round === 0 ? '' : `, round ${round}`;
}
