/** A pool of effects on a storage in memory: deliveries, claims, cancellation, stops and outages. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { setup } from 'xstate';
import { z } from 'zod';
import type { CommandEnvelope } from '../contract/command.ts';
import type { Json } from '../contract/json.ts';
import { defineActor } from '../core/definition.ts';
import { poolEffect, type EffectContext } from '../core/effect-definition.ts';
import { createRegistry } from '../core/registry.ts';
import type { RelayMessage, WorkerStorage } from '../core/storage.ts';
import { makeCommit } from '../testing/conformance/storage-under-test.ts';
import { createManualClock, type ManualClock } from '../testing/manual-clock.ts';
import { createMemoryStorage, type MemoryStorage } from '../testing/memory-storage.ts';
import { openGates } from '../testing/open-gates.ts';
import { maxClaims } from './effect-claims.ts';
import { createEffectPool, type EffectPool } from './effect-pool.ts';
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

/** The actor has asked for the effect and waits for it. */
async function commitWaiting(storage: MemoryStorage): Promise<void> {
  const children = { work: { type: 'effect', source: 'work', effectId, pool: 'p' } } as const;
  await storage.commits.commit(actor, makeCommit(1, { children }), 0);
}

/** The actor waits for it no longer. */
async function commitDone(storage: MemoryStorage): Promise<void> {
  const stored = await storage.commits.load(actor);
  if (stored?.status !== 'stored') throw new Error('the actor has no commit');
  await storage.commits.commit(actor, makeCommit(2), stored.seq);
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
    observer: {},
    tracer: undefined,
    gates: openGates,
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
    priority: 'normal',
    work: { effectId, actor, version: 1, source, input: 5 },
  };
  return storage.relay.publish([work]);
}

function cancel(storage: MemoryStorage): Promise<void> {
  return storage.relay.publish([{ type: 'cancelWork', messageId: 'c1', pool: 'p', effectId }]);
}

/** A worker takes the item and is not heard of again. */
async function takeAndDie({ storage }: Scene): Promise<void> {
  await storage.work.take('p', new AbortController().signal);
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
    await commitWaiting(scene.storage);
    await queue(scene.storage, 'm1');
    await queue(scene.storage, 'm2');
    startPool(scene, async () => {
      runs += 1;
      await finished;
      return 'done';
    });
    await scene.clock.advanceBy(10);
    finish();
    await waitForReport(scene);
    await commitDone(scene.storage);
    await scene.clock.advanceBy(10_000);
    expect([runs, scene.reported.length]).toEqual([1, 1]);
  });

  it('that may be repeated costs nothing but its result', async () => {
    const scene = open();
    const calls: string[] = [];
    const { storage } = scene;
    const counting: WorkerStorage = {
      ...storage,
      commits: {
        ...storage.commits,
        load: (address) => {
          calls.push('load');
          return storage.commits.load(address);
        },
      },
      journal: {
        get: (id, step) => {
          calls.push(`get ${step}`);
          return storage.journal.get(id, step);
        },
        put: (id, step, value) => {
          calls.push(`put ${step}`);
          return storage.journal.put(id, step, value);
        },
      },
    };
    startPool(scene, async () => 'done', { storage: counting, whenUnknown: 'retry' });
    await queue(storage);
    await waitForReport(scene);
    expect(calls).toEqual([]);
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

  it('answers with the steps of a worker that died', async () => {
    const scene = open();
    await scene.storage.journal.put(effectId, 'step-text', 'of the dead');
    await commitWaiting(scene.storage);
    await queue(scene.storage);
    await takeAndDie(scene);
    startPool(scene, async (_, { step }) => step('text', async () => 'anew'), {
      whenUnknown: 'retry',
    });
    await scene.clock.advanceBy(4_000);
    expect(await waitForReport(scene)).toMatchObject({ outcome: { output: 'of the dead' } });
  });

  it('tells a second worker that a first one died', async () => {
    const scene = open();
    await scene.storage.journal.put(effectId, 'claim-1', { claimant: 'dead' });
    startPool(scene, async () => 'run again', { whenUnknown: 'ask' });
    await queue(scene.storage);
    expect(await waitForReport(scene)).toMatchObject({
      outcome: { error: { code: 'SB_EFFECT_INTERRUPTED' } },
    });
  });

  it.each([
    ['ends an effect that takes every worker down with it', [], 'SB_EFFECT_INTERRUPTED'],
    ['does not count workers that stopped in good order', [2, 4], undefined],
  ])('%s', async (_, released, code) => {
    const scene = open();
    const { storage } = scene;
    for (let claim = 1; claim <= maxClaims; claim += 1)
      await storage.journal.put(effectId, `claim-${claim}`, { claimant: `dead ${claim}` });
    for (const claim of released) await storage.journal.put(effectId, `released-${claim}`, true);
    await commitWaiting(storage);
    await queue(storage);
    await takeAndDie(scene);
    startPool(scene, async () => 'run again', { whenUnknown: 'retry' });
    await scene.clock.advanceBy(4_000);
    expect(await waitForReport(scene)).toMatchObject({
      outcome: code === undefined ? { output: 'run again' } : { error: { code } },
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

  it('that has not begun never does, whoever has heard of it', async () => {
    const scene = open();
    let runs = 0;
    const run: Run = async () => (runs += 1);
    await commitWaiting(scene.storage);
    await queue(scene.storage);
    await commitDone(scene.storage);
    await cancel(scene.storage);
    // Nobody has heard of it: the actor's commit says that the effect is not wanted any more.
    startPool(scene, run);
    await scene.clock.advanceBy(60_000);
    expect([runs, scene.reported]).toEqual([0, []]);
  });

  it('that comes after its cancellation is not begun', async () => {
    const scene = open();
    let runs = 0;
    startPool(scene, async () => (runs += 1));
    await scene.clock.advanceBy(10);
    await cancel(scene.storage);
    await queue(scene.storage);
    await scene.clock.advanceBy(60_000);
    expect([runs, scene.reported]).toEqual([0, []]);
  });

  it('is not taken for one by a copy of the actor that lags behind', async () => {
    const scene = open();
    const late = 'test.a.2-1';
    await scene.storage.commits.commit(actor, makeCommit(1), 0);
    await scene.storage.relay.publish([
      {
        type: 'work',
        messageId: 'm1',
        pool: 'p',
        priority: 'normal',
        work: { effectId: late, actor, version: 1, source: 'work', input: null },
      },
    ]);
    startPool(scene, async () => 'done');
    expect(await waitForReport(scene)).toMatchObject({ id: late, outcome: { status: 'done' } });
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
          priority: 'normal',
          work: { effectId: `test.a.1-${index}`, actor, version: 1, source: 'work', input: null },
        },
      ]);
    }
    await scene.clock.advanceBy(10_000);
    expect(pool.running).toBe(3);
  });
});
