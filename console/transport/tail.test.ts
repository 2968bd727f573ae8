import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  countMissing,
  emptyTail,
  maxWaitingMessages,
  pushLive,
  pushPage,
  tailFrom,
  type LiveMessage,
  type TailPage,
  type TailState,
} from './tail.ts';

const live = (seq: number, previousSeq = seq - 1): LiveMessage<string> => ({
  seq,
  previousSeq,
  item: `item-${seq}`,
});
const page = (seqs: readonly number[], throughSeq: number, more = false): TailPage<string> => ({
  items: seqs.map((seq) => ({ seq, item: `item-${seq}` })),
  throughSeq,
  more,
});
const seqsOf = (applied: readonly { readonly seq: number }[]): readonly number[] =>
  applied.map(({ seq }) => seq);

describe('tail', () => {
  it('holds live messages back until history has been read to its end', () => {
    const buffered = pushLive(emptyTail<string>(), live(4));
    expect(buffered.applied).toEqual([]);
    const first = pushPage(buffered.state, page([1, 2], 3, true));
    expect(seqsOf(first.applied)).toEqual([1, 2]);
    const second = pushPage(first.state, page([3], 3));
    expect(seqsOf(second.applied)).toEqual([3, 4]);
    expect(second.state.coveredThrough).toBe(4);
  });

  it('drops what it has already applied, from history or live', () => {
    const start = pushPage(emptyTail<string>(), page([1, 2, 3], 3)).state;
    expect(pushLive(start, live(2)).applied).toEqual([]);
    const once = pushLive(start, live(4));
    expect(seqsOf(once.applied)).toEqual([4]);
    expect(pushLive(once.state, live(4)).applied).toEqual([]);
    expect(pushPage(once.state, page([3, 4], 4)).applied).toEqual([]);
  });

  it('asks for history when positions are missing, and goes on when they arrive', () => {
    const gap = pushLive(tailFrom<string>(3), live(6));
    expect(gap.applied).toEqual([]);
    expect(countMissing(gap.state)).toBe(3);
    const lagging = pushPage(gap.state, page([4], 4));
    expect(seqsOf(lagging.applied)).toEqual([4]);
    expect(countMissing(lagging.state)).toBe(2);
    const caughtUp = pushPage(lagging.state, page([5], 5));
    expect(seqsOf(caughtUp.applied)).toEqual([5, 6]);
    expect(countMissing(caughtUp.state)).toBe(0);
  });

  it('follows positions that are not contiguous when each names the one before it', () => {
    const start = pushPage(emptyTail<string>(), page([2, 7], 7)).state;
    const next = pushLive(start, live(12, 7));
    expect(seqsOf(next.applied)).toEqual([12]);
    const gap = pushLive(next.state, live(30, 20));
    expect(gap.applied).toEqual([]);
    expect(seqsOf(pushPage(gap.state, page([20], 20)).applied)).toEqual([20, 30]);
  });

  it('keeps a bounded number of waiting messages and still knows how far it must read', () => {
    let state: TailState<string> = emptyTail<string>();
    for (let seq = 1; seq <= maxWaitingMessages + 10; seq += 1)
      state = pushLive(state, live(seq)).state;
    expect(state.waiting).toHaveLength(maxWaitingMessages);
    const read = pushPage(state, page([], 0));
    expect(read.applied).toHaveLength(maxWaitingMessages);
    expect(countMissing(read.state)).toBe(10);
  });

  it('does not fall back when history is rebuilt and is behind for a while', () => {
    const step = pushPage(tailFrom<string>(9), page([], 2));
    expect(step.state.coveredThrough).toBe(9);
    expect(step.applied).toEqual([]);
  });
});

/** What the network may do: deliver a stored item live (again, late, or never), or answer a history request. */
type Happening =
  | { readonly kind: 'live'; readonly index: number }
  | { readonly kind: 'page'; readonly lag: number; readonly limit: number };

const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({ kind: fc.constant('live' as const), index: fc.nat({ max: 39 }) }),
  fc.record({
    kind: fc.constant('page' as const),
    lag: fc.nat({ max: 40 }),
    limit: fc.integer({ min: 1, max: 7 }),
  }),
);

describe('tail, whatever the network does', () => {
  it('ends with exactly the stored list, in order', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 120 }), { maxLength: 40 }),
        fc.array(happening, { maxLength: 120 }),
        (positions, happenings) => {
          const stored = positions.sort((left, right) => left - right);
          const applied: number[] = [];
          let state = emptyTail<string>();
          const take = (step: ReturnType<typeof pushLive<string>>): void => {
            state = step.state;
            applied.push(...seqsOf(step.applied));
            expect(applied).toEqual(stored.slice(0, applied.length));
          };
          const answer = (through: number, limit: number): void => {
            const found = stored.filter((seq) => seq > state.coveredThrough && seq <= through);
            take(pushPage(state, page(found.slice(0, limit), through, found.length > limit)));
          };
          for (const next of happenings) {
            const seq = next.kind === 'live' ? stored[next.index] : undefined;
            if (next.kind === 'page') answer((stored.at(-1) ?? 0) - next.lag, next.limit);
            else if (seq !== undefined)
              take(pushLive(state, live(seq, stored[next.index - 1] ?? 0)));
          }
          answer(stored.at(-1) ?? 0, stored.length + 1);
          expect(applied).toEqual(stored);
          expect(countMissing(state)).toBe(0);
          expect(state.waiting).toEqual([]);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('needs no further page once history covers the gap that it reported', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 60 }),
        (backfillThrough, arrivals) => {
          let state = tailFrom<string>(backfillThrough);
          for (const seq of arrivals) state = pushLive(state, live(seq)).state;
          const through = state.knownThrough;
          const missing = Array.from({ length: through }, (_, index) => index + 1).filter(
            (seq) => seq > state.coveredThrough,
          );
          expect(missing).toHaveLength(countMissing(state));
          expect(countMissing(pushPage(state, page(missing, through)).state)).toBe(0);
        },
      ),
    );
  });
});
