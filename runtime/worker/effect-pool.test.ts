/** A pool of effects on a storage in memory: claims, journal, cancellation, stops and outages. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { setup } from 'xstate';
import { z } from 'zod';
import type { CommandEnvelope } from '../contract/command.ts';
import type { Json } from '../contract/json.ts';
import { defineActor } from '../core/definition.ts';
import { poolEffect, type EffectContext } from '../core/effect-definition.ts';
import { createRegistry } from '../core/registry.ts';
import type { RelayMessage, WorkerStorage } from '../core/storage.ts';
import { createManualClock, type ManualClock } from '../testing/manual-clock.ts';
import { createMemoryStorage, type MemoryStorage } from '../testing/memory-storage.ts';
import { createEffectPool, maxClaims, type EffectPool } from './effect-pool.ts';
import { silentLog } from './log.ts';

type Run = (input: Json, context: EffectContext) => Promise<Json>;

const actor = { kind: 'test', id: 'a' };
const effectId = 'test.a.1-1';
const pools: EffectPool[] = [];

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.stop()));
});

interface Scene {
  readonly clock: ManualClock;
  readonly storage: MemoryStorage;
  /** Every result that was reported, repeats included. */
  readonly reported: CommandEnvelope[];
}

function open(): Scene {
  const clock = createManualClock();
  return { clock, storage: createMemoryStorage({ clock, partitionCount: 1 }), reported: [] };
}

function startPool(
  { clock, storage, reported }: Scene,
  run: Run,
  options: {
    workerId?: string;
    whenUnknown?: 'ask' | 'retry';
    storage?: WorkerStorage;
    concurrency?: number;
  } = {},
): EffectPool {
  const definition = defineActor({
    kind: 'test',
    version: 1,
    machine: setup({}).createMachine({}),
    effects: {
      work: poolEffect('p', {
        input: z.json(),
        deadlineMs: 3_600_000,
        whenUnknown: options.whenUnknown ?? 'ask',
        run,
      }),
    },
  });
  const base = options.storage ?? storage;
  const pool = createEffectPool({
    pool: 'p',
    concurrency: options.concurrency ?? 2,
    workerId: options.workerId ?? 'w1',
    registry: createRegistry([definition]),
    storage: {
      ...base,
      relay: {
        publish: async (messages) => {
          await base.relay.publish(messages);
          for (const message of messages)
            if (message.type === 'command') reported.push(message.command);
        },
        publishAgain: (messages) => base.relay.publishAgain(messages),
      },
    },
    clock,
    log: silentLog,
  });
  pools.push(pool);
  pool.start();
  return pool;
}

function queue(storage: MemoryStorage, messageId = 'm1', source = 'work'): Promise<void> {
  const work: RelayMessage = {
    type: 'work',
    messageId,
    pool: 'p',
    work: { effectId, actor, source, input: 5 },
  };
  return storage.relay.publish([work]);
}

function cancel(storage: MemoryStorage): Promise<void> {
  return storage.relay.publish([{ type: 'cancelWork', messageId: 'c1', pool: 'p', effectId }]);
}

const untilAborted: Run = (_, { signal }) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(new Error('aborted'));
    });
  });

async function waitForReport(scene: Scene): Promise<CommandEnvelope | undefined> {
  await vi.waitFor(() => {
    expect(scene.reported.length).toBe(1);
  });
  return scene.reported[0];
}

describe('an effect in the queue', () => {
  it('is run once and its result sent to the actor, with the effect id as key', async () => {
    const scene = open();
    startPool(scene, async (input, context) => ({
      input,
      id: context.effectId,
      attempt: context.attempt,
    }));
    await queue(scene.storage);
    expect(await waitForReport(scene)).toMatchObject({
      purpose: 'effectEnded',
      id: effectId,
      outcome: { status: 'done', output: { input: 5, id: effectId, attempt: 1 } },
    });
    await scene.clock.advanceBy(60_000);
    expect(scene.reported.length).toBe(1);
  });

  it('is kept from other workers while it runs, however long', async () => {
    const scene = open();
    let runs = 0;
    const slow: Run = (input, context) => {
      runs += 1;
      return untilAborted(input, context);
    };
    startPool(scene, slow, { workerId: 'w1' });
    startPool(scene, slow, { workerId: 'w2' });
    await queue(scene.storage);
    await scene.clock.advanceBy(600_000);
    expect(runs).toBe(1);
  });

  it('that lies there twice is run once, even by one worker at the same time', async () => {
    const scene = open();
    let runs = 0;
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    await queue(scene.storage, 'm1');
    await queue(scene.storage, 'm2');
    startPool(scene, async () => {
      runs += 1;
      await finished;
      return 'done';
    });
    await scene.clock.advanceBy(10_000);
    finish();
    await scene.clock.advanceBy(10_000);
    expect(runs).toBe(1);
    expect(
      new Set(scene.reported.map((command) => JSON.stringify({ ...command, at: '' }))).size,
    ).toBe(1);
    expect(scene.reported[0]).toMatchObject({ outcome: { status: 'done', output: 'done' } });
  });

  it('of an unknown kind ends with an error, not in silence', async () => {
    const scene = open();
    startPool(scene, async () => null);
    await queue(scene.storage, 'm1', 'missing');
    expect(await waitForReport(scene)).toMatchObject({
      outcome: { error: { code: 'SB_KIND_UNKNOWN' } },
    });
  });
});

describe('the journal', () => {
  it('keeps what a step has produced, null included', async () => {
    const scene = open();
    const produced: string[] = [];
    let attempts = 0;
    startPool(scene, async (_, { step }) => {
      attempts += 1;
      for (const name of ['text', 'nothing']) {
        await step(name, async () => {
          produced.push(name);
          return name === 'text' ? 'x' : null;
        });
        await step(name, async () => {
          produced.push(`${name} again`);
          return null;
        });
      }
      return attempts;
    });
    await queue(scene.storage);
    await waitForReport(scene);
    expect(produced).toEqual(['text', 'nothing']);
  });

  it('answers for an effect that was finished by a worker that died before it said so', async () => {
    const scene = open();
    await scene.storage.journal.put(effectId, 'claim-1', { worker: 'dead', claim: 'dead:1' });
    await scene.storage.journal.put(effectId, 'result', { status: 'done', output: 'known' });
    startPool(scene, async () => 'run again');
    await queue(scene.storage);
    expect(await waitForReport(scene)).toMatchObject({ outcome: { output: 'known' } });
  });

  it('tells a second worker that a first one died', async () => {
    const scene = open();
    await scene.storage.journal.put(effectId, 'claim-1', { worker: 'dead', claim: 'dead:1' });
    startPool(scene, async () => 'run again', { whenUnknown: 'ask' });
    await queue(scene.storage);
    expect(await waitForReport(scene)).toMatchObject({
      outcome: { error: { code: 'SB_EFFECT_INTERRUPTED' } },
    });
  });

  it('ends an effect that takes every worker down with it', async () => {
    const scene = open();
    for (let claim = 1; claim <= maxClaims; claim += 1) {
      await scene.storage.journal.put(effectId, `claim-${claim}`, {
        worker: 'dead',
        claim: `dead:${claim}`,
      });
    }
    startPool(scene, async () => 'run again', { whenUnknown: 'retry' });
    await queue(scene.storage);
    expect(await waitForReport(scene)).toMatchObject({
      outcome: { error: { code: 'SB_EFFECT_INTERRUPTED' } },
    });
  });

  it('knows our claim again when its acknowledgement was lost', async () => {
    const scene = open();
    const { storage } = scene;
    let lost = 0;
    const lossy: WorkerStorage = {
      ...storage,
      journal: {
        get: (id, step) => storage.journal.get(id, step),
        put: async (id, step, value) => {
          const outcome = await storage.journal.put(id, step, value);
          if (lost > 0) return outcome;
          lost += 1;
          // Stored, but the answer did not come; what follows is the retry.
          return storage.journal.put(id, step, value);
        },
      },
    };
    startPool(scene, async () => 'done', { storage: lossy });
    await queue(storage);
    expect(await waitForReport(scene)).toMatchObject({
      outcome: { status: 'done', output: 'done' },
    });
  });
});

describe('a cancelled effect', () => {
  it('is aborted while it runs and leaves the queue without a word', async () => {
    const scene = open();
    let aborted = false;
    const pool = startPool(scene, (input, context) => {
      context.signal.addEventListener('abort', () => {
        aborted = true;
      });
      return untilAborted(input, context);
    });
    await queue(scene.storage);
    await vi.waitFor(() => {
      expect(pool.running).toBe(1);
    });
    await scene.clock.advanceBy(10);
    await cancel(scene.storage);
    await vi.waitFor(() => {
      expect(pool.running).toBe(0);
    });
    await scene.clock.advanceBy(60_000);
    expect([aborted, scene.reported]).toEqual([true, []]);
  });

  it('that has not begun never does', async () => {
    const scene = open();
    let runs = 0;
    await cancel(scene.storage);
    await queue(scene.storage);
    startPool(scene, async () => (runs += 1));
    await scene.clock.advanceBy(60_000);
    expect([runs, scene.reported]).toEqual([0, []]);
  });
});

describe('a pool', () => {
  it('that stops leaves what runs to the next, which asks the policy', async () => {
    const scene = open();
    const first = startPool(scene, untilAborted, { workerId: 'w1' });
    await queue(scene.storage);
    await scene.clock.advanceBy(10);
    await first.stop();
    expect(scene.reported).toEqual([]);
    startPool(scene, async () => 'run again', { workerId: 'w2', whenUnknown: 'ask' });
    await scene.clock.advanceBy(1_000);
    expect(await waitForReport(scene)).toMatchObject({
      outcome: { error: { code: 'SB_EFFECT_INTERRUPTED' } },
    });
  });

  it('keeps a result while the store is away, and does nothing twice', async () => {
    const scene = open();
    let runs = 0;
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    startPool(scene, async () => {
      runs += 1;
      await finished;
      return 'kept';
    });
    await queue(scene.storage);
    await scene.clock.advanceBy(10);
    scene.storage.disconnect();
    finish();
    await scene.clock.advanceBy(30_000);
    expect(scene.reported).toEqual([]);
    scene.storage.reconnect();
    await scene.clock.advanceBy(10_000);
    expect(runs).toBe(1);
    expect(scene.reported.at(-1)).toMatchObject({ outcome: { status: 'done', output: 'kept' } });
  });

  it('runs so many at once and no more', async () => {
    const scene = open();
    const pool = startPool(scene, untilAborted, { concurrency: 3 });
    for (let index = 0; index < 10; index += 1) {
      await scene.storage.relay.publish([
        {
          type: 'work',
          messageId: `m${index}`,
          pool: 'p',
          work: { effectId: `test.a.1-${index}`, actor, source: 'work', input: null },
        },
      ]);
    }
    await scene.clock.advanceBy(10_000);
    expect(pool.running).toBe(3);
  });
});
