/**
 * Ends of children, restarts and timers when the worker dies at any commit, in the middle of its relay, and the store
 * has forgotten the message ids by the time another worker takes over: everything happens once all the same.
 */
import { describe, expect, it } from 'vitest';
import { emit, setup } from 'xstate';
import { z } from 'zod';
import { childSource, defineActor, effectSource } from '../core/definition.ts';
import { localEffect } from '../core/effect-definition.ts';
import { createRegistry } from '../core/registry.ts';
import { createManualClock, type ManualClock } from '../testing/manual-clock.ts';
import { createMemoryStorage, type MemoryStorage } from '../testing/memory-storage.ts';
import { createSeverableProcess } from '../testing/severed-storage.ts';
import { silentLog } from './log.ts';
import { createWorker, type Worker } from './worker.ts';

const task = defineActor({
  kind: 'task',
  version: 1,
  machine: setup({
    types: {
      context: {} as { fails: boolean },
      input: {} as { fails: boolean },
      output: {} as string,
    },
    actors: { work: effectSource<boolean, null>() },
    delays: { rest: 100 },
  }).createMachine({
    context: ({ input }) => input,
    entry: emit({ type: 'began' }),
    initial: 'resting',
    output: 'finished',
    states: {
      resting: { after: { rest: 'working' } },
      working: {
        invoke: {
          src: 'work',
          id: 'work',
          input: ({ context }) => context.fails,
          onDone: 'finished',
        },
      },
      finished: { type: 'final' },
    },
  }),
  effects: {
    work: localEffect({
      input: z.boolean(),
      deadlineMs: 1_000,
      whenUnknown: 'retry',
      run: async (fails) => {
        if (fails) throw new Error('broken');
        return null;
      },
    }),
  },
});

const chief = defineActor({
  kind: 'chief',
  version: 1,
  machine: setup({
    actors: {
      good: childSource<{ fails: boolean }, string>(),
      stubborn: childSource<{ fails: boolean }, string>(),
    },
  }).createMachine({
    type: 'parallel',
    states: {
      left: {
        initial: 'waiting',
        states: {
          waiting: {
            invoke: {
              src: 'good',
              id: 'good',
              input: { fails: false },
              onDone: {
                target: 'told',
                actions: emit(({ event }) => ({ type: 'heard', output: event.output })),
              },
            },
          },
          told: { type: 'final' },
        },
      },
      right: {
        initial: 'waiting',
        states: {
          waiting: {
            invoke: {
              src: 'stubborn',
              id: 'stubborn',
              input: { fails: true },
              onError: { target: 'told', actions: emit({ type: 'gaveUp' }) },
            },
          },
          told: { type: 'final' },
        },
      },
    },
  }),
  children: {
    good: 'task',
    stubborn: {
      kind: 'task',
      supervision: {
        type: 'restart',
        maxRestarts: 2,
        backoff: { type: 'fixed', delayMs: 3_000 },
        maxDelayMs: 3_000,
        jitter: 'none',
      },
    },
  },
});

const duplicateWindowMs = 2_000;
const registry = createRegistry([chief, task]);

async function startWorker(
  storage: MemoryStorage,
  clock: ManualClock,
  dieAt = Infinity,
  stillRelayed = 0,
): Promise<{ readonly worker: Worker; readonly commits: () => number }> {
  const process = createSeverableProcess(storage, clock);
  let commits = 0;
  const worker = createWorker({
    namespace: 'test',
    partitionCount: 2,
    workerId: `worker-${dieAt}`,
    registry,
    storage: process.storage,
    clock: process.clock,
    log: silentLog,
    concurrency: {},
    observer: {
      committed: () => {
        commits += 1;
        if (commits === dieAt) process.sever(stillRelayed);
      },
    },
  });
  await worker.start();
  return { worker, commits: () => commits };
}

async function run(
  dieAt?: number,
  stillRelayed?: number,
): Promise<{ told: string[]; commits: number }> {
  const clock = createManualClock();
  const storage = createMemoryStorage({ clock, partitionCount: 2, duplicateWindowMs });
  const first = await startWorker(storage, clock, dieAt, stillRelayed);
  await storage.commands.start({ kind: 'chief', id: 'c' }, null, 'start');
  await clock.advanceBy(20_000);
  if (dieAt !== undefined) {
    const second = await startWorker(storage, clock);
    await clock.advanceBy(40_000);
    await second.worker.stop();
  } else await first.worker.stop();
  const told = storage
    .listEvents()
    .map(({ actor, type, data }) => `${actor} ${type} ${JSON.stringify(data)}`);
  return { told: told.toSorted(), commits: first.commits() };
}

const count = (told: readonly string[], text: string): number =>
  told.filter((line) => line.startsWith(text)).length;

describe('the ends of children', async () => {
  const clean = await run();

  it('are told, and failed children are restarted as often as they may', () => {
    expect(count(clean.told, 'c heard {"output":"finished"}')).toBe(1);
    expect(count(clean.told, 'c::stubborn began')).toBe(3);
    expect(count(clean.told, 'c childRestarted')).toBe(2);
    expect(count(clean.told, 'c gaveUp')).toBe(1);
    expect(count(clean.told, 'c actorEnded')).toBe(1);
  });

  const deaths = Array.from({ length: clean.commits }, (_, index) => index + 1);
  it.each(deaths.flatMap((death) => [0, 1, 2].map((relayed) => [death, relayed] as const)))(
    'are told once when the worker dies at commit %i, %i messages relayed',
    async (death, relayed) => {
      expect((await run(death, relayed)).told).toEqual(clean.told);
    },
  );
});
