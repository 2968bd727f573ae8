/** Effects through whole workers: silence that the machine hears of, and work that takes every worker down. */
import { afterEach, describe, expect, it } from 'vitest';
import { emit, setup } from 'xstate';
import { z } from 'zod';
import { defineActor, effectSource, type ActorDefinition } from '../core/definition.ts';
import { localEffect, poolEffect, type EffectContext } from '../core/effect-definition.ts';
import { readEffectError } from '../core/effect-error.ts';
import type { EffectStalledEvent } from '../core/effect-stalled.ts';
import { createRegistry } from '../core/registry.ts';
import { createManualClock, type ManualClock } from '../testing/manual-clock.ts';
import { createMemoryStorage, type MemoryStorage } from '../testing/memory-storage.ts';
import { createSeverableProcess, type SeverableProcess } from '../testing/severed-storage.ts';
import { maxClaims } from './effect-claims.ts';
import { silentLog } from './log.ts';
import { createWorker, type Worker } from './worker.ts';

const address = { kind: 'job', id: 'j' };
const workers: Worker[] = [];
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
});

type Run = (input: null, context: EffectContext) => Promise<null>;
type Placement = 'local' | 'pool';

function defineJob(placement: Placement, run: Run): ActorDefinition {
  const machine = setup({
    types: { events: {} as EffectStalledEvent },
    actors: { work: effectSource<null, null>() },
  }).createMachine({
    initial: 'working',
    states: {
      working: {
        invoke: {
          src: 'work',
          id: 'work',
          input: null,
          onDone: { target: 'ended', actions: emit({ type: 'worked' }) },
          onError: {
            target: 'ended',
            actions: emit(({ event }) => ({
              type: 'failed',
              code: readEffectError(event.error).code,
            })),
          },
        },
        on: {
          'effect.stalled': {
            actions: emit(({ event }) => ({
              type: 'heard',
              child: event.child,
              note: event.note ?? '',
            })),
          },
        },
      },
      ended: {},
    },
  });
  const options = {
    input: z.null(),
    deadlineMs: 3_600_000,
    stallAfterMs: 60_000,
    whenUnknown: 'retry',
    run,
  } as const;
  const effect = placement === 'local' ? localEffect(options) : poolEffect('p', options);
  return defineActor({ kind: 'job', version: 1, machine, effects: { work: effect } });
}

interface Scene {
  readonly clock: ManualClock;
  readonly storage: MemoryStorage;
}

function open(): Scene {
  const clock = createManualClock();
  return { clock, storage: createMemoryStorage({ clock, partitionCount: 1 }) };
}

async function start(
  { clock, storage }: Scene,
  workerId: string,
  job: ActorDefinition,
  process: SeverableProcess = createSeverableProcess(storage, clock),
): Promise<Worker> {
  const worker = createWorker({
    namespace: 'test',
    partitionCount: 1,
    workerId,
    registry: createRegistry([job]),
    storage: process.storage,
    clock: process.clock,
    log: silentLog,
    concurrency: { p: 1 },
  });
  void worker.start();
  await clock.advanceBy(1_000);
  return worker;
}

const eventsOf = ({ storage }: Scene): readonly unknown[] =>
  storage.listEvents().map(({ type, data }) => ({ type, ...data }));

describe.each<Placement>(['local', 'pool'])('a %s effect', (placement) => {
  it('that says nothing is heard of by the machine, and goes on', async () => {
    const scene = open();
    let finish = (): void => undefined;
    const job = defineJob(placement, async (_, { progress }) => {
      progress('2 of 9');
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      return null;
    });
    workers.push(await start(scene, 'only', job));
    await scene.storage.commands.start(address, null, 'start');
    await scene.clock.advanceBy(59_000);
    expect(eventsOf(scene)).toEqual([]);
    await scene.clock.advanceBy(600_000);
    const heard = { type: 'heard', child: 'work', note: '2 of 9' };
    expect(eventsOf(scene)).toEqual([heard]);
    finish();
    await scene.clock.advanceBy(10);
    expect(eventsOf(scene)).toEqual([heard, { type: 'worked' }]);
  });

  it('that takes every worker down is given up', async () => {
    const scene = open();
    let runs = 0;
    let running: SeverableProcess | undefined;
    const job = defineJob(placement, () => {
      runs += 1;
      running?.sever();
      return new Promise(() => undefined);
    });
    await scene.storage.commands.start(address, null, 'start');
    for (let death = 0; eventsOf(scene).length === 0 && death < 20; death += 1) {
      running = createSeverableProcess(scene.storage, scene.clock);
      const worker = await start(scene, `worker-${death}`, job, running);
      await scene.clock.advanceBy(20_000);
      if (!running.severed) workers.push(worker);
    }
    expect(eventsOf(scene)).toEqual([{ type: 'failed', code: 'SB_EFFECT_INTERRUPTED' }]);
    // The first to begin it has not claimed it.
    expect(runs).toBe(1 + maxClaims);
  });

  it('is not given up for workers that stop in good order', async () => {
    const scene = open();
    let runs = 0;
    const job = defineJob(placement, () => {
      runs += 1;
      return runs > 3 * maxClaims ? Promise.resolve(null) : new Promise(() => undefined);
    });
    await scene.storage.commands.start(address, null, 'start');
    for (let stop = 0; eventsOf(scene).length === 0 && stop < 30; stop += 1) {
      const worker = await start(scene, `worker-${stop}`, job);
      await scene.clock.advanceBy(20_000);
      const stopped = worker.stop();
      await scene.clock.advanceBy(1_000);
      await stopped;
    }
    expect(eventsOf(scene)).toContainEqual({ type: 'worked' });
  });
});
