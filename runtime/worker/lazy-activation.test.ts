/** A worker that starts on a store full of parked actors: it loads those that something happens to, and no others. */
import { expect, it, vi } from 'vitest';
import { assign, emit, setup } from 'xstate';
import { formatAddress } from '../contract/address.ts';
import { defineActor } from '../core/definition.ts';
import { createRegistry } from '../core/registry.ts';
import type { WorkerStorage } from '../core/storage.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { createMemoryStorage } from '../testing/memory-storage.ts';
import { createSeverableProcess } from '../testing/severed-storage.ts';
import { silentLog } from './log.ts';
import { maxIdleHosts } from './partition.ts';
import { createWorker } from './worker.ts';

const partitionCount = 4;
/** More than the workers keep in memory. */
const ids = Array.from({ length: partitionCount * maxIdleHosts + 1 }, (_, index) => `p${index}`);
const checkpointedMs = 1_000;

/** Parked for a day: with a timer that is set, and a steer that wakes it. */
const sleeper = defineActor({
  kind: 'sleeper',
  version: 1,
  machine: setup({
    types: {
      context: {} as { readonly steers: number },
      events: {} as { readonly type: 'steer' },
    },
    delays: { day: 86_400_000 },
  }).createMachine({
    context: { steers: 0 },
    initial: 'parked',
    states: {
      parked: {
        entry: emit({ type: 'parked' }),
        after: { day: 'forgotten' },
        on: {
          steer: {
            actions: [
              assign({ steers: ({ context }) => context.steers + 1 }),
              emit(({ context }) => ({ type: 'steered', steers: context.steers })),
            ],
          },
        },
      },
      forgotten: { type: 'final' },
    },
  }),
});

async function parkMany() {
  const clock = createManualClock();
  const storage = createMemoryStorage({ clock, partitionCount });
  const first = createSeverableProcess(storage, clock);
  const worker = open(first.storage, clock);
  await worker.start();
  for (const id of ids) await storage.commands.start({ kind: 'sleeper', id }, null, `start-${id}`);
  await vi.waitFor(() => {
    expect(storage.listEvents()).toHaveLength(ids.length);
  });
  return { clock, storage, worker, kill: () => first.sever() };
}

function open(storage: WorkerStorage, clock: ReturnType<typeof createManualClock>) {
  return createWorker({
    namespace: 'test',
    partitionCount,
    workerId: 'worker',
    registry: createRegistry([sleeper]),
    storage,
    clock,
    log: silentLog,
    concurrency: {},
  });
}

function countLoads(storage: WorkerStorage): {
  readonly storage: WorkerStorage;
  readonly loaded: string[];
} {
  const loaded: string[] = [];
  const { commits } = storage;
  return {
    loaded,
    storage: {
      ...storage,
      commits: {
        commit: (address, commit, seq) => commits.commit(address, commit, seq),
        load: (address) => {
          loaded.push(formatAddress(address));
          return commits.load(address);
        },
      },
    },
  };
}

it.each(['stopped', 'killed'])('after a worker that was %s, none is loaded', async (end) => {
  const { clock, storage, worker, kill } = await parkMany();
  await clock.advanceBy(checkpointedMs);
  if (end === 'stopped') await worker.stop();
  else kill();

  const counted = countLoads(storage);
  const next = open(counted.storage, clock);
  await next.start();
  await clock.advanceBy(10 * checkpointedMs);
  expect(counted.loaded).toEqual([]);
  expect(next.hosted).toBe(0);

  await storage.commands.deliver({ kind: 'sleeper', id: 'p7' }, { type: 'steer' }, 'steer-7');
  await vi.waitFor(() => {
    expect(storage.listEvents().at(-1)).toMatchObject({
      actor: 'p7',
      type: 'steered',
      data: { steers: 1 },
    });
  });
  expect(counted.loaded).toEqual(['sleeper/p7']);
  expect(next.hosted).toBe(1);
  await next.stop();
});
