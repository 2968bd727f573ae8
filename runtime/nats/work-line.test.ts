/** Hands and items of one pool, without a server: what is asked for, who gets it, and what goes back. */
import { MsgHdrsImpl, type Msg } from '@nats-io/nats-core/internal';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Lane } from '../core/lanes.ts';
import type { WorkDelivery } from '../core/storage.ts';
import { createWorkLine, holdMs, type ReceivedItem } from './work-line.ts';
import type { RequestPurpose, WorkPull } from './work-pull.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

interface FakePull extends WorkPull {
  readonly requests: { batch: number; purpose: RequestPurpose }[];
  /** What an open request of the purpose still brings. */
  readonly open: Record<RequestPurpose, number>;
}

function createFakePull(): FakePull {
  const open = { hand: 0, standing: 0 };
  const requests: FakePull['requests'] = [];
  return {
    open,
    requests,
    request: (batch, _, purpose) => {
      open[purpose] += batch;
      requests.push({ batch, purpose });
    },
    coming: (purpose) => open[purpose],
    get openMs() {
      return open.standing > 0 ? 5_000 : 0;
    },
  };
}

function makeItem(name: string, behind: number): ReceivedItem {
  const nothing = (): void => undefined;
  const work = {
    effectId: name,
    actor: { kind: 'k', id: 'a' },
    version: 1,
    source: 's',
    input: null,
  };
  const answers = { heartbeat: nothing, finish: nothing, release: nothing };
  const delivery: WorkDelivery = { work, position: 1, deliveries: 1, ...answers };
  return { message: makeMessage(name), delivery, behind };
}

function makeMessage(subject: string): Msg {
  const data = new Uint8Array();
  return {
    subject,
    sid: 1,
    data,
    headers: new MsgHdrsImpl(),
    respond: () => true,
    json: () => null as never,
    string: () => '',
  };
}

function open() {
  const returned: { name: string; delayMs: number }[] = [];
  const line = createWorkLine((message, delayMs) =>
    returned.push({ name: message.subject, delayMs }),
  );
  const pulls = new Map<Lane, FakePull>();
  for (const lane of ['high', 'normal', 'low'] as const) {
    const pull = createFakePull();
    pulls.set(lane, pull);
    line.open(lane, pull);
  }
  const pullOf = (lane: Lane): FakePull => {
    const pull = pulls.get(lane);
    if (pull === undefined) throw new Error(`no pull for ${lane}`);
    return pull;
  };
  const stopping = new AbortController();
  const taken: string[] = [];
  const take = (): void => {
    void line
      .take(stopping.signal)
      .then((delivery) => taken.push(delivery?.work.effectId ?? 'none'));
  };
  const deliver = (lane: Lane, name: string, purpose: RequestPurpose, behind = 0): void => {
    pullOf(lane).open[purpose] -= 1;
    line.receive(lane, makeItem(name, behind), purpose);
  };
  return { line, returned, pullOf, stopping, taken, take, deliver };
}

const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

describe('a line', () => {
  it('asks for nothing while no hand is free', () => {
    const { pullOf } = open();
    expect(pullOf('normal').requests).toEqual([]);
  });

  it('has a request open in every lane while a hand is free, and gives what comes', async () => {
    const { pullOf, take, deliver, taken } = open();
    take();
    expect(pullOf('high').requests).toEqual([{ batch: 1, purpose: 'standing' }]);
    expect(pullOf('low').requests).toEqual([{ batch: 1, purpose: 'standing' }]);
    deliver('low', 'first', 'standing');
    await settle();
    expect(taken).toEqual(['first']);
  });

  it('gives back what finds no hand, and not to itself', async () => {
    const { take, deliver, pullOf, taken, returned } = open();
    take();
    take();
    deliver('low', 'one', 'standing');
    deliver('high', 'two', 'standing');
    pullOf('normal').open.standing = 2;
    deliver('normal', 'three', 'standing');
    await vi.advanceTimersByTimeAsync(holdMs);
    expect(taken).toEqual(['one', 'two']);
    expect(returned).toEqual([{ name: 'three', delayMs: 5_000 }]);
  });

  it('keeps what finds no hand for a moment, for the hand that comes', async () => {
    const { take, deliver, taken, returned } = open();
    take();
    deliver('low', 'one', 'standing');
    deliver('high', 'two', 'standing');
    take();
    await vi.advanceTimersByTimeAsync(2 * holdMs);
    expect([taken, returned]).toEqual([['one', 'two'], []]);
  });

  it('asks a lane with a backlog for as many as there are hands, by turns', async () => {
    const { take, deliver, pullOf, taken } = open();
    take();
    for (const lane of ['high', 'normal', 'low'] as const)
      deliver(lane, `${lane} 0`, 'standing', 1_000);
    const asked = { high: 0, normal: 0, low: 0 };
    for (let turn = 1; turn <= 130; turn += 1) {
      take();
      await settle();
      for (const lane of ['high', 'normal', 'low'] as const) {
        if (pullOf(lane).open.hand === 0) continue;
        asked[lane] += 1;
        deliver(lane, `${lane} ${turn}`, 'hand', 1_000);
        await settle();
      }
    }
    // The three that came first were held, and two of them served without being asked for.
    expect(taken.length).toBe(131);
    expect(asked.high).toBeGreaterThan(1.5 * asked.normal);
    expect(asked.normal).toBeGreaterThan(2 * asked.low);
    expect(asked.low).toBeGreaterThan(5);
  });

  it('turns to the other lanes when another worker has emptied the one that it asked', async () => {
    const { line, take, deliver, pullOf, taken } = open();
    take();
    deliver('high', 'one', 'standing', 1);
    deliver('low', 'two', 'standing', 1);
    take();
    await settle();
    take();
    const asked = (['high', 'low'] as const).find((lane) => pullOf(lane).open.hand > 0);
    const other = asked === 'high' ? 'low' : 'high';
    pullOf(asked ?? 'high').open.hand = 0;
    line.ended(asked ?? 'high', 'hand');
    expect(pullOf(other).open.hand).toBe(1);
    deliver(other, 'three', 'hand');
    await settle();
    expect(taken).toEqual(['one', 'two', 'three']);
  });

  it('gives nothing to those who have left', async () => {
    const { stopping, take, deliver, taken, returned } = open();
    take();
    stopping.abort();
    deliver('normal', 'one', 'standing');
    await vi.advanceTimersByTimeAsync(holdMs);
    expect(taken).toEqual(['none']);
    expect(returned.length).toBe(1);
  });
});
