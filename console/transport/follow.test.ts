import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createManualClock } from '../testing/manual-clock.ts';
import type { Answer } from './answer.ts';
import { TailFollower, type TailStatus } from './follow.ts';
import { emptyTail, type LiveMessage, type TailPage } from './tail.ts';

/** A stream of numbers, its lagging history, and the one live subscription to it. */
function createFixture() {
  const clock = createManualClock();
  const stored: number[] = [];
  const applied: number[] = [];
  const statuses: TailStatus[] = [];
  const log: string[] = [];
  const world = { historyThrough: Number.MAX_SAFE_INTEGER, pageSize: 100, isLive: true };
  const override: { answer: Answer<TailPage<number>> | undefined } = { answer: undefined };
  let receive: ((message: LiveMessage<number>) => void) | undefined;
  let opened = (): void => undefined;
  const follower = new TailFollower<number>(
    {
      fetchPage: (after) => {
        log.push(`fetch ${after}`);
        if (override.answer !== undefined) return Promise.resolve(override.answer);
        const known = stored.filter((seq) => seq <= world.historyThrough);
        const left = known.filter((seq) => seq > after);
        const items = left.slice(0, world.pageSize).map((seq) => ({ seq, item: seq }));
        const more = left.length > items.length;
        return Promise.resolve({
          status: 'ok',
          value: { items, throughSeq: known.at(-1) ?? 0, more },
        });
      },
      subscribe: (onMessage, onOpened) => {
        log.push('subscribe');
        receive = onMessage;
        opened = onOpened;
        return () => log.push('unsubscribe');
      },
      isLive: () => world.isLive,
    },
    { apply: (items) => applied.push(...items), report: (status) => statuses.push(status) },
    clock,
    emptyTail(),
  );
  return {
    clock,
    stored,
    applied,
    statuses,
    log,
    world,
    override,
    follower,
    opened: () => opened(),
    deliver: (seq: number) => receive?.({ seq, previousSeq: seq - 1, item: seq }),
    fetches: () => log.filter((line) => line.startsWith('fetch')),
  };
}

describe('TailFollower', () => {
  it('subscribes before it asks for history, and reads page after page', async () => {
    const { follower, clock, stored, applied, log, world } = createFixture();
    stored.push(1, 2, 3, 4, 5);
    world.pageSize = 2;
    follower.start();
    await clock.advance(0);
    expect(log).toEqual(['subscribe', 'fetch 0', 'fetch 2', 'fetch 4']);
    expect(applied).toEqual([1, 2, 3, 4, 5]);
  });

  it('asks until a lagging history covers the gap, with growing pauses', async () => {
    const { follower, clock, stored, applied, world, deliver, statuses, fetches } = createFixture();
    stored.push(1, 2);
    follower.start();
    await clock.advance(3_000);
    stored.push(3, 4);
    world.historyThrough = 2;
    const before = fetches().length;
    deliver(4);
    await clock.advance(6_300);
    expect(applied).toEqual([1, 2]);
    expect(fetches().length - before).toBeLessThanOrEqual(8);
    expect(statuses.at(-1)).toEqual({ phase: 'incomplete', missing: 2 });
    world.historyThrough = 4;
    await clock.advance(5_000);
    expect(applied).toEqual([1, 2, 3, 4]);
    expect(statuses.at(-1)).toEqual({ phase: 'current' });
  });

  it('fetches what was stored while the connection was gone', async () => {
    const { follower, clock, stored, applied, deliver, opened } = createFixture();
    stored.push(1);
    follower.start();
    await clock.advance(3_000);
    stored.push(2, 3);
    opened();
    await clock.advance(0);
    expect(applied).toEqual([1, 2, 3]);
    stored.push(4);
    deliver(4);
    expect(applied).toEqual([1, 2, 3, 4]);
  });

  it('finds what history learns only after the subscription was restored', async () => {
    const { follower, clock, stored, applied, opened, world } = createFixture();
    stored.push(1, 2);
    world.historyThrough = 1;
    follower.start();
    opened();
    await clock.advance(100);
    expect(applied).toEqual([1]);
    world.historyThrough = 2;
    await clock.advance(700);
    expect(applied).toEqual([1, 2]);
  });

  it('finds a last message that was lost without a trace', async () => {
    const { follower, clock, stored, applied } = createFixture();
    follower.start();
    await clock.advance(10_000);
    stored.push(1);
    await clock.advance(25_000);
    expect(applied).toEqual([1]);
  });

  it('asks every other second when there is no live connection', async () => {
    const { follower, clock, stored, applied, world } = createFixture();
    world.isLive = false;
    follower.start();
    await clock.advance(10_000);
    stored.push(1);
    await clock.advance(2_000);
    expect(applied).toEqual([1]);
  });

  it('says that the gateway cannot be reached, and goes on when it can', async () => {
    const { follower, clock, stored, applied, statuses, override } = createFixture();
    stored.push(1);
    override.answer = { status: 'failed', reason: 'refused' };
    follower.start();
    await clock.advance(1_000);
    expect(statuses.at(-1)).toEqual({ phase: 'unreachable', reason: 'refused' });
    override.answer = undefined;
    await clock.advance(5_000);
    expect(applied).toEqual([1]);
    expect(statuses.at(-1)).toEqual({ phase: 'current' });
  });

  it('does not spin on a page that promises more and brings nothing', async () => {
    const { follower, clock, override, fetches } = createFixture();
    override.answer = { status: 'ok', value: { items: [], throughSeq: 0, more: true } };
    follower.start();
    await clock.advance(1_000);
    expect(fetches().length).toBeLessThan(10);
  });

  it('stops for good when a login is required, and when told to', async () => {
    const refused = createFixture();
    refused.override.answer = { status: 'loginRequired' };
    refused.follower.start();
    await refused.clock.advance(60_000);
    expect(refused.log).toEqual(['subscribe', 'fetch 0', 'unsubscribe']);
    const stopped = createFixture();
    stopped.follower.start();
    stopped.follower.stop();
    stopped.deliver(1);
    await stopped.clock.advance(60_000);
    expect(stopped.log).toEqual(['subscribe', 'fetch 0', 'unsubscribe']);
    expect(stopped.applied).toEqual([]);
  });
});

type Happening =
  | { readonly kind: 'store'; readonly isDelivered: boolean }
  | { readonly kind: 'repeat'; readonly index: number }
  | { readonly kind: 'lag'; readonly behind: number }
  | { readonly kind: 'wait'; readonly forMs: number }
  | { readonly kind: 'reconnect' };

const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('store' as const), isDelivered: fc.boolean() }),
  },
  fc.record({ kind: fc.constant('repeat' as const), index: fc.nat({ max: 30 }) }),
  fc.record({ kind: fc.constant('lag' as const), behind: fc.nat({ max: 8 }) }),
  fc.record({ kind: fc.constant('wait' as const), forMs: fc.nat({ max: 400 }) }),
  fc.record({ kind: fc.constant('reconnect' as const) }),
);

describe('TailFollower, whatever the network does', () => {
  it('ends with exactly the stored list once history has caught up', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { maxLength: 60 }), async (happenings) => {
        const fixture = createFixture();
        const { clock, stored, applied, world, follower } = fixture;
        world.pageSize = 3;
        follower.start();
        for (const next of happenings) {
          if (next.kind === 'store') {
            stored.push(stored.length + 1);
            if (next.isDelivered) fixture.deliver(stored.length);
          } else if (next.kind === 'repeat') {
            if (next.index < stored.length) fixture.deliver(next.index + 1);
          } else if (next.kind === 'lag') {
            world.historyThrough = Math.max(0, stored.length - next.behind);
          } else if (next.kind === 'wait') {
            await clock.advance(next.forMs);
          } else {
            fixture.opened();
          }
          expect(applied).toEqual(stored.slice(0, applied.length));
        }
        world.historyThrough = Number.MAX_SAFE_INTEGER;
        await clock.advance(30_000);
        follower.stop();
        expect(applied).toEqual(stored);
      }),
      { numRuns: 200 },
    );
  });
});
