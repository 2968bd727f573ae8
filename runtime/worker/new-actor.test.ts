/** A start is applied without a look at the store, whose sequence check says whether the actor was new. */
import { setup, emit } from 'xstate';
import { expect, it, vi } from 'vitest';
import { defineActor } from '../core/definition.ts';
import { createRegistry } from '../core/registry.ts';
import type { WorkerStorage } from '../core/storage.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { createMemoryStorage, type MemoryStorage } from '../testing/memory-storage.ts';
import type { WorkerLog } from './log.ts';
import { createWorker, type Worker } from './worker.ts';

const bell = defineActor({
  kind: 'bell',
  version: 1,
  machine: setup({
    types: { input: {} as { broken: boolean } | null },
  }).createMachine({
    context: ({ input }) => {
      if (input?.broken === true) throw new Error('this input is broken');
      return {};
    },
    initial: 'hanging',
    states: { hanging: { on: { ring: { actions: emit({ type: 'rung' }) } } } },
  }),
});

const address = { kind: 'bell', id: 'b1' };

interface Bench {
  readonly storage: MemoryStorage;
  readonly loads: () => number;
  readonly warnings: readonly string[];
  /** A worker that has nothing in memory yet. */
  start(): Promise<Worker>;
}

function prepare(): Bench {
  const clock = createManualClock();
  const storage = createMemoryStorage({ clock, partitionCount: 1 });
  const warnings: string[] = [];
  const log: WorkerLog = { info: () => undefined, warn: (message) => warnings.push(message) };
  let loads = 0;
  const counted: WorkerStorage = {
    ...storage,
    commits: {
      commit: (to, commit, seq) => storage.commits.commit(to, commit, seq),
      load: (of) => {
        loads += 1;
        return storage.commits.load(of);
      },
    },
  };
  return {
    storage,
    warnings,
    loads: () => loads,
    start: async () => {
      const registry = createRegistry([bell]);
      const worker = createWorker({
        namespace: 'test',
        partitionCount: 1,
        workerId: 'worker',
        registry,
        storage: counted,
        clock,
        log,
        concurrency: {},
      });
      await worker.start();
      return worker;
    },
  };
}

function countEvents({ storage }: Bench, type: string): number {
  return storage.listEvents().filter((event) => event.type === type).length;
}

async function ring(bench: Bench, times: number): Promise<void> {
  await bench.storage.commands.deliver(address, { type: 'ring' }, `ring-${times}`);
  await vi.waitFor(() => {
    expect(countEvents(bench, 'rung')).toBe(times);
  });
}

it('a new actor is started without a look at the store', async () => {
  const bench = prepare();
  const worker = await bench.start();
  await bench.storage.commands.start(address, null, 'start');
  await ring(bench, 1);
  expect(bench.loads()).toBe(0);
  await worker.stop();
});

it('an actor that exists ignores a start, and goes on from what is stored', async () => {
  const bench = prepare();
  const before = await bench.start();
  await bench.storage.commands.start(address, null, 'start');
  await ring(bench, 1);
  await before.stop();

  const worker = await bench.start();
  await bench.storage.commands.start(address, null, 'start again');
  await ring(bench, 2);
  const stored = await bench.storage.commits.load(address);
  expect(stored).toMatchObject({ commit: { n: 3, cause: ['ring-2'] } });
  expect(bench.warnings).toEqual([]);
  await worker.stop();
});

it('a start that the machine cannot take is no failure of an actor that exists', async () => {
  const bench = prepare();
  const before = await bench.start();
  await bench.storage.commands.start(address, null, 'start');
  await ring(bench, 1);
  await before.stop();

  const worker = await bench.start();
  await bench.storage.commands.start(address, { broken: true }, 'start again');
  await ring(bench, 2);
  expect(countEvents(bench, 'actorStartFailed')).toBe(0);
  await worker.stop();
});
