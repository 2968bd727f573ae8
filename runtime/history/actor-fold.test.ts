import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StoredEvent } from '../contract/event.ts';
import type { ActorSummary } from '../contract/run-view.ts';
import { makeStoredEvent } from '../testing/stored-event.ts';
import { foldEvent, maxFactBytes, maxFactsBytes } from '../contract/actor-fold.ts';

function foldAll(events: readonly StoredEvent[]): ActorSummary | undefined {
  return events.reduce<ActorSummary | undefined>(foldEvent, undefined);
}

describe('foldEvent', () => {
  it('begins a summary with the first event', () => {
    const event = makeStoredEvent(7, { data: { goal: 'fix it' } });
    expect(foldEvent(undefined, event)).toEqual({
      kind: 'session',
      id: 's7',
      state: 'thinking',
      status: 'active',
      startedAt: event.at,
      updatedAt: event.at,
      lastSeq: 7,
      lastIndex: 0,
      eventCount: 1,
      facts: { goal: 'fix it' },
    });
  });

  it('takes state, status and time from the last event and merges facts, later over earlier', () => {
    const first = makeStoredEvent(1, { data: { goal: 'fix it', step: 1 } });
    const last = makeStoredEvent(11, {
      state: 'completed',
      status: 'done',
      data: { step: 2, reason: 'finished' },
    });
    expect(foldAll([first, last])).toMatchObject({
      state: 'completed',
      status: 'done',
      startedAt: first.at,
      updatedAt: last.at,
      lastSeq: 11,
      eventCount: 2,
      facts: { goal: 'fix it', step: 2, reason: 'finished' },
    });
  });

  it('leaves a value that is too large out, and the older value with it', () => {
    const facts = foldAll([
      makeStoredEvent(1, { data: { diff: 'small', goal: 'fix it' } }),
      makeStoredEvent(2, { data: { diff: 'x'.repeat(maxFactBytes) } }),
    ])?.facts;
    expect(facts).toEqual({ goal: 'fix it' });
  });

  it('drops the largest facts first when all together are too large', () => {
    const large = Object.fromEntries(
      Array.from({ length: 9 }, (_, index) => [`log${index}`, 'é'.repeat(maxFactBytes / 2 - 100)]),
    );
    const facts = foldAll([
      makeStoredEvent(1, { data: { goal: 'fix it' } }),
      makeStoredEvent(2, { data: large }),
      makeStoredEvent(3, { data: { reason: 'finished' } }),
    ])?.facts;
    expect(facts).toMatchObject({ goal: 'fix it', reason: 'finished' });
    expect(Object.keys(facts ?? {})).toHaveLength(2 + 8);
  });

  it('keeps a key named __proto__ as plain data', () => {
    const data = JSON.parse('{"__proto__": {"polluted": true}, "goal": "fix it"}') as Record<
      string,
      string
    >;
    const facts = foldEvent(undefined, makeStoredEvent(1, { data })).facts;
    expect(JSON.stringify(facts)).toBe('{"__proto__":{"polluted":true},"goal":"fix it"}');
    expect('polluted' in facts).toBe(false);
  });

  it('is idempotent and bounded, whatever the data', () => {
    const dataArbitrary = fc.dictionary(
      fc.constantFrom('goal', 'reason', 'sha', 'log', 'diff', 'notes'),
      fc.oneof(
        fc.jsonValue({ maxDepth: 2 }),
        fc.string({ maxLength: 200 }).map((text) => text.repeat(100)),
      ),
    ) as fc.Arbitrary<StoredEvent['data']>;
    fc.assert(
      fc.property(fc.array(dataArbitrary, { minLength: 1, maxLength: 20 }), (datas) => {
        const events = datas.map((data, index) => makeStoredEvent(index + 1, { data }));
        const summary = foldAll(events);
        expect(events.reduce(foldEvent, summary)).toBe(summary);
        expect(summary?.eventCount).toBe(events.length);
        const facts = JSON.stringify(summary?.facts);
        expect(Buffer.byteLength(facts)).toBeLessThan(maxFactsBytes + 1_000);
      }),
    );
  });
});
