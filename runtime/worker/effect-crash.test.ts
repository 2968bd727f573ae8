/** A worker that dies at every instant of a pool effect, and the next one: what the machine sees, and how often it was run. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { emit, setup } from 'xstate';
import { z } from 'zod';
import { defineActor, effectSource, type ActorDefinition } from '../core/definition.ts';
import { poolEffect } from '../core/effect-definition.ts';
import { readEffectError } from '../core/effect-error.ts';
import { createRegistry } from '../core/registry.ts';
import type { WorkerStorage } from '../core/storage.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { createMemoryStorage } from '../testing/memory-storage.ts';
import { createSeverableProcess, type SeverableProcess } from '../testing/severed-storage.ts';
import { silentLog } from './log.ts';
import { createWorker, type Worker } from './worker.ts';

type Policy = 'retry' | 'idempotent' | 'probe' | 'ask';
type Instant =
  | 'before its claim'
  | 'when it is begun'
  | 'when it is done'
  | 'when its result is sent';

const address = { kind: 'job', id: 'j' };
const workers: Worker[] = [];
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
});

interface Outside {
  /** Times that the effect was begun. */
  runs: number;
  happened: boolean;
}

/** What one process brings along: an instant at which it dies, if any. */
function defineJob(
  policy: Policy,
  outside: Outside,
  die: (instant: Instant) => boolean,
): ActorDefinition {
  const machine = setup({ actors: { work: effectSource<null, string>() } }).createMachine({
    initial: 'working',
    states: {
      working: {
        invoke: {
          src: 'work',
          input: null,
          onDone: {
            target: 'ended',
            actions: emit(({ event }) => ({ type: 'workEnded', outcome: event.output })),
          },
          onError: {
            target: 'ended',
            actions: emit(({ event }) => ({
              type: 'workEnded',
              outcome: readEffectError(event.error).code,
            })),
          },
        },
      },
      ended: {},
    },
  });
  const probe = async () =>
    outside.happened
      ? ({ happened: true, output: 'found' } as const)
      : ({ happened: false } as const);
  return defineActor({
    kind: 'job',
    version: 1,
    machine,
    effects: {
      work: poolEffect('p', {
        input: z.null(),
        deadlineMs: 60_000,
        whenUnknown: policy === 'probe' ? { probe } : policy,
        run: async () => {
          outside.runs += 1;
          const run = `run ${outside.runs}`;
          if (die('when it is begun')) return new Promise(() => undefined);
          outside.happened = true;
          die('when it is done');
          return run;
        },
      }),
    },
  });
}

/** The store, watched by a process that dies when something reaches it. */
function watchStore(storage: WorkerStorage, die: (instant: Instant) => boolean): WorkerStorage {
  return {
    ...storage,
    journal: {
      get: (effectId, step) => storage.journal.get(effectId, step),
      put: (effectId, step, value) =>
        step === 'claim-1' && die('before its claim')
          ? new Promise(() => undefined)
          : storage.journal.put(effectId, step, value),
    },
    relay: {
      publish: async (messages) => {
        await storage.relay.publish(messages);
        const sent = messages.some(
          (message) => message.type === 'command' && message.command.purpose === 'effectEnded',
        );
        if (sent) die('when its result is sent');
      },
      publishAgain: (messages) => storage.relay.publishAgain(messages),
    },
  };
}

async function playDeath(policy: Policy, instant: Instant, awayMs: number) {
  const clock = createManualClock();
  const storage = createMemoryStorage({ clock, partitionCount: 1 });
  const outside: Outside = { runs: 0, happened: false };
  let process: SeverableProcess | undefined;
  const die = (now: Instant): boolean => {
    if (now !== instant || process?.severed !== false) return false;
    process.sever();
    return true;
  };
  const survive = (): boolean => false;
  const start = async (workerId: string, dies: boolean): Promise<void> => {
    const seen = dies ? watchStore(storage, die) : storage;
    const severable = createSeverableProcess(seen, clock);
    process ??= severable;
    const worker = createWorker({
      namespace: 'test',
      partitionCount: 1,
      workerId,
      registry: createRegistry([defineJob(policy, outside, dies ? die : survive)]),
      storage: severable.storage,
      clock: severable.clock,
      log: silentLog,
      concurrency: { p: 2 },
    });
    if (!dies) workers.push(worker);
    void worker.start();
    await clock.advanceBy(1_000);
  };
  const outcomes = (): readonly unknown[] =>
    storage
      .listEvents()
      .flatMap(({ type, data }) => (type === 'workEnded' ? [data['outcome']] : []));

  await start('first', true);
  await storage.commands.start(address, null, 'start');
  await vi.waitFor(async () => {
    await clock.advanceBy(10);
    expect(process?.severed).toBe(true);
  });
  const before = outcomes().length;
  await clock.advanceBy(awayMs);
  await start('second', false);
  await clock.advanceBy(60_000);
  return { runs: outside.runs, outcomes: outcomes(), before };
}

/** Within the server's memory for message ids, and long after it. */
describe.each([10_000, 600_000])('a worker that dies and is replaced %i ms later', (awayMs) => {
  it.each<[Policy, Instant, number, string]>([
    ['retry', 'when it is begun', 2, 'run 2'],
    ['retry', 'when it is done', 2, 'run 2'],
    ['idempotent', 'when it is begun', 2, 'run 2'],
    ['idempotent', 'when it is done', 2, 'run 2'],
    ['probe', 'before its claim', 1, 'run 1'],
    ['probe', 'when it is begun', 2, 'run 2'],
    ['probe', 'when it is done', 1, 'found'],
    ['probe', 'when its result is sent', 1, 'run 1'],
    ['ask', 'before its claim', 1, 'run 1'],
    ['ask', 'when it is begun', 1, 'SB_EFFECT_INTERRUPTED'],
    ['ask', 'when it is done', 1, 'SB_EFFECT_INTERRUPTED'],
    ['ask', 'when its result is sent', 1, 'run 1'],
  ])('with a "%s" effect %s', async (policy, instant, runs, outcome) => {
    const played = await playDeath(policy, instant, awayMs);
    expect(played).toEqual({ runs, outcomes: [outcome], before: 0 });
  });

  it.each<Policy>(['retry', 'idempotent'])(
    'with a "%s" effect when its result is sent, may run it again, and the machine does not see it',
    async (policy) => {
      const { runs, outcomes } = await playDeath(policy, 'when its result is sent', awayMs);
      expect(runs).toBeLessThanOrEqual(2);
      expect(outcomes).toEqual(['run 1']);
    },
  );
});
