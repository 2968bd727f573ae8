/** Several workers on one storage, with a clock that stands still: who owns what, and what happens when that changes. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { assign, emit, setup } from 'xstate';
import { z } from 'zod';
import { partitionOf } from '../contract/subjects.ts';
import { defineActor, effectSource } from '../core/definition.ts';
import { localEffect } from '../core/effect-definition.ts';
import { createRegistry } from '../core/registry.ts';
import { createManualClock, settlePromises, type ManualClock } from '../testing/manual-clock.ts';
import { createMemoryStorage, type MemoryStorage } from '../testing/memory-storage.ts';
import { createSeverableProcess, type SeverableProcess } from '../testing/severed-storage.ts';
import { silentLog } from './log.ts';
import { createWorker, type Worker, type WorkerOptions } from './worker.ts';

const partitionCount = 8;
const leaseTtlMs = 5_000;

const counter = defineActor({
  kind: 'counter',
  version: 1,
  machine: setup({
    types: { context: {} as { count: number }, events: {} as { type: 'add' } },
  }).createMachine({
    context: { count: 0 },
    on: {
      add: {
        actions: [
          assign({ count: ({ context }) => context.count + 1 }),
          emit(({ context }) => ({ type: 'counted', count: context.count })),
        ],
      },
    },
  }),
});

/** Effects that end when the test says so, by the worker that runs them. */
const running: { readonly end: () => void; readonly aborted: () => boolean }[] = [];
const asking = defineActor({
  kind: 'asking',
  version: 1,
  machine: setup({ actors: { ask: effectSource<null, string>() } }).createMachine({
    initial: 'asking',
    states: {
      asking: {
        invoke: {
          src: 'ask',
          input: null,
          onDone: { target: 'told', actions: emit({ type: 'answered' }) },
          onError: {
            target: 'told',
            actions: emit(({ event }) => ({
              type: 'failed',
              code: (event.error as { code: string }).code,
            })),
          },
        },
      },
      told: {},
    },
  }),
  effects: {
    ask: localEffect({
      input: z.null(),
      deadlineMs: 600_000,
      whenUnknown: 'ask',
      run: (_, { signal }) =>
        new Promise((resolve, reject) => {
          const aborted = (): boolean => signal.aborted;
          running.push({ aborted, end: () => resolve('yes') });
          signal.addEventListener('abort', () => {
            reject(new Error('cut'));
          });
        }),
    }),
  },
});

interface TestWorker {
  readonly worker: Worker;
  readonly process: SeverableProcess;
}

let workers: TestWorker[] = [];
afterEach(async () => {
  await Promise.all(
    workers.map(async ({ worker, process }) => {
      if (!process.severed) await worker.stop();
    }),
  );
  workers = [];
  running.length = 0;
});

function open(): { readonly clock: ManualClock; readonly storage: MemoryStorage } {
  const clock = createManualClock();
  return { clock, storage: createMemoryStorage({ clock, partitionCount, leaseTtlMs }) };
}

async function start(
  workerId: string,
  { clock, storage }: ReturnType<typeof open>,
  options: Partial<WorkerOptions> = {},
): Promise<TestWorker> {
  const process = createSeverableProcess(storage, clock);
  const worker = createWorker({
    namespace: 'test',
    partitionCount,
    workerId,
    registry: createRegistry([counter, asking]),
    storage: process.storage,
    clock: process.clock,
    log: silentLog,
    concurrency: {},
    ...options,
  });
  await worker.start();
  const started = { worker, process };
  workers.push(started);
  return started;
}

function ownedBy({ worker }: TestWorker): readonly number[] {
  return worker
    .status()
    .partitions.map(({ partition }) => partition)
    .toSorted((left, right) => left - right);
}

/** Every partition has one owner. */
function expectAllOwned(...owners: readonly TestWorker[]): void {
  const owned = owners.flatMap(ownedBy).toSorted((left, right) => left - right);
  expect(owned).toEqual(Array.from({ length: partitionCount }, (_, number) => number));
}

function countsOf(storage: MemoryStorage, actor: string): readonly unknown[] {
  return storage
    .listEvents()
    .filter((event) => event.actor === actor && event.type === 'counted')
    .map((event) => event.data['count']);
}

/** An actor of the kind in a partition that the worker owns. */
function actorOf(kind: string, owner: TestWorker): { readonly kind: string; readonly id: string } {
  const owned = ownedBy(owner);
  for (let index = 0; ; index += 1) {
    const address = { kind, id: `a${index}` };
    if (owned.includes(partitionOf(address, partitionCount))) return address;
  }
}

describe('placement', () => {
  it('gives one worker everything, and a second one its half as soon as it comes', async () => {
    const scene = open();
    const first = await start('first', scene);
    expectAllOwned(first);
    const second = await start('second', scene);
    await vi.waitFor(() => {
      expect(ownedBy(second)).toHaveLength(partitionCount / 2);
      expectAllOwned(first, second);
    });
  });

  it('gives what a worker that stops has held to the others at once', async () => {
    const scene = open();
    const first = await start('first', scene);
    const second = await start('second', scene);
    await vi.waitFor(() => {
      expectAllOwned(first, second);
    });
    const address = actorOf('counter', first);
    await scene.storage.commands.start(address, null, 'start');
    await scene.storage.commands.deliver(address, { type: 'add' }, 'one');
    await first.worker.stop();
    await vi.waitFor(() => {
      expectAllOwned(second);
    });
    await scene.storage.commands.deliver(address, { type: 'add' }, 'two');
    await vi.waitFor(() => {
      expect(countsOf(scene.storage, address.id)).toEqual([1, 2]);
    });
  });

  it('gives what a worker that died has held to the others when its entry ends', async () => {
    const scene = open();
    const first = await start('first', scene);
    const second = await start('second', scene);
    await vi.waitFor(() => {
      expectAllOwned(first, second);
    });
    first.process.sever();
    await scene.clock.advanceBy(leaseTtlMs - 1_500);
    expect(ownedBy(second)).toHaveLength(partitionCount / 2);
    await scene.clock.advanceBy(1_500);
    expectAllOwned(second);
  });

  it('gives a worker back at once what its dead process has held, under larger epochs', async () => {
    const scene = open();
    const before = await start('home', scene);
    const epochs = before.worker.status().partitions.map(({ epoch }) => epoch);
    before.process.sever();
    const after = await start('home', scene);
    expectAllOwned(after);
    for (const { epoch } of after.worker.status().partitions) {
      expect(epoch).toBeGreaterThan(Math.max(...epochs));
    }
  });

  it('gives nothing to a worker that hosts no actors', async () => {
    const scene = open();
    const effects = await start('effects', scene, { hostsActors: false });
    const hosting = await start('hosting', scene);
    expect(ownedBy(effects)).toEqual([]);
    expectAllOwned(hosting);
    const { members } = await scene.storage.leases.read();
    expect([...members.values()].map((member) => member.hostsActors)).toEqual([false, true]);
  });

  it('lets the process go that another has followed under the same id', async () => {
    const scene = open();
    const first = await start('same', scene);
    const second = await start('same', scene);
    await scene.clock.advanceBy(2_000);
    expect(ownedBy(first)).toEqual([]);
    expectAllOwned(second);
  });
});

describe('a worker that was not heard of for a while', () => {
  it('keeps its partitions, their epochs and effects when nobody has taken them', async () => {
    const scene = open();
    const alone = await start('alone', scene);
    const before = alone.worker.status().partitions.map(({ epoch }) => epoch);
    const address = actorOf('asking', alone);
    await scene.storage.commands.start(address, null, 'start');
    await settlePromises();
    scene.storage.disconnect();
    await scene.clock.advanceBy(30_000);
    scene.storage.reconnect();
    await scene.clock.advanceBy(5_000);
    expect(alone.worker.status().partitions.map(({ epoch }) => epoch)).toEqual(before);
    expect(running.map(({ aborted }) => aborted())).toEqual([false]);
    running[0]?.end();
    await vi.waitFor(() => {
      expect(scene.storage.listEvents().map(({ type }) => type)).toEqual(['answered']);
    });
  });

  it('drops what others have taken, without a word of it to the store', async () => {
    const scene = open();
    const first = await start('first', scene);
    const address = actorOf('asking', first);
    const partition = partitionOf(address, partitionCount);
    await scene.storage.commands.start(address, null, 'start');
    await scene.clock.advanceBy(1_100);
    const { claims } = await scene.storage.leases.read();
    const claim = claims.get(partition);
    const stolen = await scene.storage.leases.claim(partition, 'thief', claim?.revision ?? 0);
    if (stolen.status !== 'claimed') throw new Error('not stolen');
    const held = await scene.storage.checkpoints.takeOver(partition, stolen.epoch);
    await settlePromises();
    expect(running.map(({ aborted }) => aborted())).toEqual([true]);
    // The thief is no live worker: the partition is placed on the first one, which takes it again and finds the effect.
    await scene.clock.advanceBy(2_000);
    expectAllOwned(first);
    expect(held).toMatchObject({ held: { checkpoint: { busy: [address] } } });
    expect(scene.storage.listEvents().map(({ data }) => data['code'])).toEqual([
      'SB_EFFECT_INTERRUPTED',
    ]);
  });

  it('does not take everything because it is back first', async () => {
    const scene = open();
    const both = [await start('first', scene), await start('second', scene)] as const;
    await vi.waitFor(() => {
      expectAllOwned(...both);
    });
    const before = both.map(ownedBy);
    scene.storage.disconnect();
    await scene.clock.advanceBy(20_000);
    scene.storage.reconnect();
    await scene.clock.advanceBy(5_000);
    expect(both.map(ownedBy)).toEqual(before);
  });
});

describe('a partition that moves', () => {
  async function moveOneWithEffect(scene: ReturnType<typeof open>): Promise<{
    readonly first: TestWorker;
    readonly second: TestWorker;
  }> {
    const first = await start('first', scene);
    const before = ownedBy(first);
    // Who knows which will move: one actor with an effect under way in each.
    for (const partition of before) {
      for (let index = 0; ; index += 1) {
        const address = { kind: 'asking', id: `a${index}` };
        if (partitionOf(address, partitionCount) !== partition) continue;
        await scene.storage.commands.start(address, null, 'start');
        break;
      }
    }
    await settlePromises();
    expect(running).toHaveLength(partitionCount);
    const second = await start('second', scene);
    await settlePromises();
    return { first, second };
  }

  it('waits for its effects, so that none is interrupted', async () => {
    const scene = open();
    const { first, second } = await moveOneWithEffect(scene);
    expect(ownedBy(second)).toEqual([]);
    await scene.clock.advanceBy(1_000);
    for (const { end } of running) end();
    await vi.waitFor(() => {
      expect(ownedBy(second)).toHaveLength(partitionCount / 2);
      expectAllOwned(first, second);
    });
    expect(scene.storage.listEvents().map(({ type }) => type)).toEqual(
      Array.from({ length: partitionCount }, () => 'answered'),
    );
  });

  it('does not wait for them for ever: the next owner asks what is to be done', async () => {
    const scene = open();
    const { first, second } = await moveOneWithEffect(scene);
    await scene.clock.advanceBy(3_000);
    expect(ownedBy(second)).toHaveLength(partitionCount / 2);
    expectAllOwned(first, second);
    expect(running.filter(({ aborted }) => aborted())).toHaveLength(partitionCount / 2);
    expect(scene.storage.listEvents().map(({ data }) => data['code'])).toEqual(
      Array.from({ length: partitionCount / 2 }, () => 'SB_EFFECT_INTERRUPTED'),
    );
  });
});

describe('the status of a worker', () => {
  it('says what it owns, where it reads and what lies behind', async () => {
    const scene = open();
    const { worker } = await start('only', scene);
    const address = { kind: 'counter', id: 'a' };
    const partition = partitionOf(address, partitionCount);
    const { seq } = await scene.storage.commands.start(address, null, 'start');
    await settlePromises();
    const status = worker.status();
    expect(status.workerId).toBe('only');
    expect(status.partitions.find((item) => item.partition === partition)).toMatchObject({
      position: seq,
      settledThrough: seq,
      lag: 0,
      hosted: 1,
    });
  });
});
