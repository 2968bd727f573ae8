/** The worker on a storage in memory: many actors, many commands, poison, quarantine, and what a stop leaves behind. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { assign, emit, setup } from 'xstate';
import { z } from 'zod';
import type { Json } from '../contract/json.ts';
import { SignalboxError } from '../contract/errors.ts';
import {
  childSource,
  defineActor,
  effectSource,
  type ActorDefinition,
} from '../core/definition.ts';
import { localEffect } from '../core/effect-definition.ts';
import { createRegistry } from '../core/registry.ts';
import type { WorkerStorage } from '../core/storage.ts';
import { createManualClock, settlePromises, type ManualClock } from '../testing/manual-clock.ts';
import { createMemoryStorage, type MemoryStorage } from '../testing/memory-storage.ts';
import { createSeverableProcess } from '../testing/severed-storage.ts';
import { silentLog } from './log.ts';
import { maxBacklog, maxIdleHosts } from './partition.ts';
import { createWorker, type Worker, type WorkerOptions } from './worker.ts';

const counterMachine = setup({
  types: {
    context: {} as { count: number; note: string },
    events: {} as
      | { type: 'add'; by: number }
      | { type: 'note'; text: string }
      | { type: 'finish' }
      | { type: 'fail' },
    input: {} as { from: number },
  },
}).createMachine({
  context: ({ input }) => {
    if (input.from < 0) throw new Error('cannot count from below zero');
    return { count: input.from, note: '' };
  },
  initial: 'counting',
  states: {
    counting: {
      on: {
        add: {
          actions: [
            assign({ count: ({ context, event }) => context.count + event.by }),
            emit(({ context }) => ({ type: 'counted', count: context.count })),
          ],
        },
        note: { actions: assign({ note: ({ event }) => event.text }) },
        finish: 'finished',
        fail: {
          actions: assign(() => {
            throw new Error('poison');
          }),
        },
      },
    },
    finished: { type: 'final' },
  },
});
const counter = defineActor({ kind: 'counter', version: 1, machine: counterMachine });

let workers: Worker[] = [];
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
  workers = [];
});

async function start(
  actors: readonly ActorDefinition[],
  storage: WorkerStorage,
  clock: ManualClock,
  options: Partial<WorkerOptions> = {},
): Promise<Worker> {
  const worker = createWorker({
    namespace: 'test',
    partitionCount: 1,
    workerId: 'test',
    registry: createRegistry(actors),
    storage,
    clock,
    log: silentLog,
    concurrency: {},
    ...options,
  });
  await worker.start();
  workers.push(worker);
  return worker;
}

function open(): { readonly clock: ManualClock; readonly storage: MemoryStorage } {
  const clock = createManualClock();
  return { clock, storage: createMemoryStorage({ clock, partitionCount: 1 }) };
}

function typesOf(storage: MemoryStorage, actor: string): readonly string[] {
  return storage
    .listEvents()
    .filter((event) => event.actor === actor)
    .map((event) => event.type);
}

function countsOf(storage: MemoryStorage, actor: string): readonly Json[] {
  return storage
    .listEvents()
    .filter((event) => event.actor === actor && event.type === 'counted')
    .map((event) => event.data['count'] ?? null);
}

describe('many', () => {
  it('commands at one actor are applied in order, several in one commit', async () => {
    const { clock, storage } = open();
    let commits = 0;
    await start([counter], storage, clock, { observer: { committed: () => (commits += 1) } });
    const address = { kind: 'counter', id: 'busy' };
    await storage.commands.start(address, { from: 0 }, 'start');
    await Promise.all(
      Array.from({ length: 1_000 }, (_, index) =>
        storage.commands.deliver(address, { type: 'add', by: 1 }, `add-${index}`),
      ),
    );
    await vi.waitFor(() => {
      expect(countsOf(storage, 'busy')).toEqual(
        Array.from({ length: 1_000 }, (_, index) => index + 1),
      );
    });
    expect(commits).toBeLessThan(200);
  });

  it('idle actors leave memory and come back when they are needed', async () => {
    const { clock, storage } = open();
    const worker = await start([counter], storage, clock);
    const ids = Array.from({ length: 3 * maxIdleHosts }, (_, index) => `c${index}`);
    for (const id of ids)
      await storage.commands.start({ kind: 'counter', id }, { from: 1 }, `start-${id}`);
    for (const id of ids)
      await storage.commands.deliver({ kind: 'counter', id }, { type: 'add', by: 1 }, `add-${id}`);
    await vi.waitFor(() => {
      expect(storage.listEvents().length).toBe(ids.length);
      expect(worker.hosted).toBeLessThanOrEqual(maxIdleHosts);
    });
    expect(storage.listEvents().every((event) => event.data['count'] === 2)).toBe(true);
  });

  it('commands wait in the store, not in memory, while their actor is slow', async () => {
    const { clock, storage } = open();
    let openGate = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      openGate = resolve;
    });
    let delivered = 0;
    const slow: WorkerStorage = {
      ...storage,
      commits: {
        load: (address) => storage.commits.load(address),
        commit: async (...values) => {
          await gate;
          return storage.commits.commit(...values);
        },
      },
      inbox: {
        ...storage.inbox,
        read: (partition, after, deliver, signal) =>
          storage.inbox.read(
            partition,
            after,
            (message) => {
              delivered += 1;
              deliver(message);
            },
            signal,
          ),
      },
    };
    const address = { kind: 'counter', id: 'slow' };
    await storage.commands.start(address, { from: 0 }, 'start');
    const all = maxBacklog + 500;
    for (let index = 1; index < all; index += 1) {
      await storage.commands.deliver(address, { type: 'add', by: 1 }, `add-${index}`);
    }
    await start([counter], slow, clock);
    await settlePromises();
    expect(delivered).toBe(maxBacklog);
    openGate();
    await vi.waitFor(
      () => {
        expect(countsOf(storage, 'slow').length).toBe(all - 1);
      },
      { timeout: 5_000 },
    );
    expect(countsOf(storage, 'slow').at(-1)).toBe(all - 1);
  });
});

describe('a command that cannot be applied', () => {
  it('is refused by an actor that has ended, whose status stays', async () => {
    const { clock, storage } = open();
    await start([counter], storage, clock);
    const address = { kind: 'counter', id: 'a' };
    await storage.commands.start(address, { from: 0 }, 'start');
    await storage.commands.deliver(address, { type: 'finish' }, 'finish');
    await vi.waitFor(() => {
      expect(typesOf(storage, 'a')).toEqual(['actorEnded']);
    });
    await storage.commands.deliver(address, { type: 'add', by: 1 }, 'late');
    await vi.waitFor(() => {
      expect(typesOf(storage, 'a')).toEqual(['actorEnded', 'commandRefused']);
    });
    const refusal = storage.listEvents().at(-1);
    expect(refusal).toMatchObject({
      state: 'finished',
      status: 'done',
      data: { reason: 'the actor has ended' },
    });
  });

  it('does not take the others of its batch with it when the actor cannot be started', async () => {
    const { clock, storage } = open();
    const address = { kind: 'counter', id: 'a' };
    await storage.commands.start(address, { from: -1 }, 'wrong');
    await storage.commands.start(address, { from: 1 }, 'right');
    await storage.commands.deliver(address, { type: 'add', by: 1 }, 'add');
    await start([counter], storage, clock);
    await vi.waitFor(() => {
      expect(typesOf(storage, 'a')).toEqual(['actorStartFailed', 'counted']);
    });
    expect(storage.listEvents()[0]?.data['reason']).toBe('cannot count from below zero');
  });

  it.each([
    ['whole', 1_000],
    ['as far as there is room', 20],
  ])('becomes a dead letter, %s, when its result can never be stored', async (_, room) => {
    const { clock, storage } = open();
    const text = 'huge'.repeat(10);
    const picky: WorkerStorage = {
      ...storage,
      commits: {
        load: (address) => storage.commits.load(address),
        commit: async (address, commit, seq) => {
          const letters = commit.outbox.filter((entry) => entry.type === 'deadLetter');
          const tooLong = letters.some(({ letter }) => letter.command !== undefined && room < 100);
          if (tooLong || JSON.stringify(commit.snapshot).includes('huge'))
            throw new SignalboxError('SB_STATE_TOO_LARGE', 'too large');
          return storage.commits.commit(address, commit, seq);
        },
      },
    };
    const address = { kind: 'counter', id: 'a' };
    await storage.commands.start(address, { from: 0 }, 'start');
    await storage.commands.deliver(address, { type: 'add', by: 1 }, 'before');
    await storage.commands.deliver(address, { type: 'note', text }, 'note');
    await storage.commands.deliver(address, { type: 'add', by: 1 }, 'after');
    await start([counter], picky, clock);
    await vi.waitFor(() => {
      expect(typesOf(storage, 'a')).toEqual(['counted', 'commandDeadLettered', 'counted']);
    });
    expect(storage.listEvents()[1]?.data).toMatchObject({ command: 'note', error: 'too large' });
    const [letter] = storage.listDeadLetters();
    expect(letter).toMatchObject({ reason: 'unstorable', actor: address });
    expect(JSON.stringify(letter?.command ?? letter?.text)).toContain(text);
    expect(letter?.command === undefined).toBe(room < 100);
  });

  it('does not start an effect again whose result the machine cannot take', async () => {
    const { clock, storage } = open();
    let runs = 0;
    const fragile = defineActor({
      kind: 'fragile',
      version: 1,
      machine: setup({ actors: { look: effectSource<null, number>() } }).createMachine({
        context: {},
        invoke: {
          src: 'look',
          input: null,
          onDone: {
            actions: assign(() => {
              throw new Error('poison');
            }),
          },
        },
        on: { ping: { actions: emit({ type: 'ponged' }) } },
      }),
      effects: {
        look: localEffect({
          input: z.null(),
          deadlineMs: 1_000,
          whenUnknown: 'retry',
          run: async () => (runs += 1),
        }),
      },
    });
    await start([fragile], storage, clock);
    const address = { kind: 'fragile', id: 'a' };
    await storage.commands.start(address, null, 'start');
    await vi.waitFor(() => {
      expect(typesOf(storage, 'a')).toEqual(['commandDeadLettered']);
    });
    await storage.commands.deliver(address, { type: 'ping' }, 'ping');
    await vi.waitFor(() => {
      expect(typesOf(storage, 'a')).toEqual(['commandDeadLettered', 'ponged']);
    });
    expect(runs).toBe(1);
  });

  it('tells the parent when a child cannot be started', async () => {
    const { clock, storage } = open();
    const parent = defineActor({
      kind: 'parent',
      version: 1,
      machine: setup({ actors: { tally: childSource<{ from: number }, null>() } }).createMachine({
        context: {},
        initial: 'waiting',
        states: {
          waiting: {
            invoke: {
              src: 'tally',
              id: 'tally',
              input: { from: -1 },
              onError: {
                target: 'told',
                actions: emit(({ event }) => ({ type: 'told', error: event.error })),
              },
            },
          },
          told: { type: 'final' },
        },
      }),
      children: { tally: 'counter' },
    });
    await start([counter, parent], storage, clock);
    await storage.commands.start({ kind: 'parent', id: 'p' }, null, 'start');
    await vi.waitFor(() => {
      expect(typesOf(storage, 'p')).toEqual(['told', 'actorEnded']);
    });
    expect(storage.listEvents().find((event) => event.type === 'told')?.data['error']).toBe(
      'cannot count from below zero',
    );
  });
});

describe('a local effect under way', () => {
  const asking = defineActor({
    kind: 'asking',
    version: 1,
    machine: setup({ actors: { ask: effectSource<null, string>() } }).createMachine({
      context: {},
      initial: 'asking',
      states: {
        asking: {
          invoke: {
            src: 'ask',
            input: null,
            onError: {
              target: 'told',
              actions: emit(({ event }) => ({
                type: 'told',
                code: (event.error as { code: string }).code,
              })),
            },
          },
        },
        told: { type: 'final' },
      },
    }),
    effects: {
      ask: localEffect({
        input: z.null(),
        deadlineMs: 3_600_000,
        whenUnknown: 'ask',
        run: (_, { signal }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => {
              reject(new Error('aborted'));
            });
          }),
      }),
    },
  });
  const address = { kind: 'asking', id: 'a' };

  async function expectResumed(storage: MemoryStorage, clock: ManualClock): Promise<void> {
    expect(storage.readCheckpoint(0)).toEqual({ offset: 1, busy: [address] });
    await start([asking], storage, clock);
    await vi.waitFor(() => {
      expect(typesOf(storage, 'a')).toEqual(['told', 'actorEnded']);
    });
    expect(storage.listEvents()[0]?.data['code']).toBe('SB_EFFECT_INTERRUPTED');
  }

  it('is resumed by its policy after a crash, though no command comes', async () => {
    const { clock, storage } = open();
    const process = createSeverableProcess(storage, clock);
    const worker = createWorker({
      namespace: 'test',
      partitionCount: 1,
      workerId: 'test',
      registry: createRegistry([asking]),
      storage: process.storage,
      clock: process.clock,
      log: silentLog,
      concurrency: {},
    });
    await worker.start();
    await storage.commands.start(address, null, 'start');
    await clock.advanceBy(1_500);
    process.sever();
    await expectResumed(storage, clock);
  });

  it('is resumed by its policy after a stop', async () => {
    const { clock, storage } = open();
    const worker = await start([asking], storage, clock);
    await storage.commands.start(address, null, 'start');
    await settlePromises();
    await worker.stop();
    await expectResumed(storage, clock);
  });
});

describe('a worker', () => {
  it('writes nothing after it has stopped', async () => {
    const { clock, storage } = open();
    let commits = 0;
    const worker = await start([counter], storage, clock, {
      observer: { committed: () => (commits += 1) },
    });
    const address = { kind: 'counter', id: 'a' };
    await storage.commands.start(address, { from: 0 }, 'start');
    await settlePromises();
    await worker.stop();
    await worker.stop();
    const before = commits;
    await storage.commands.deliver(address, { type: 'add', by: 1 }, 'add');
    await clock.advanceBy(10_000);
    expect(commits).toBe(before);
    expect(clock.scheduled).toBe(0);
  });

  it('refuses to start without a number for a pool', async () => {
    const { clock, storage } = open();
    const worker = createWorker({
      namespace: 'test',
      partitionCount: 1,
      workerId: 'test',
      registry: { ...createRegistry([counter]), pools: new Set(['far']) },
      storage,
      clock,
      log: silentLog,
      concurrency: {},
    });
    await expect(worker.start()).rejects.toMatchObject({ code: 'SB_CONFIG_INVALID' });
    await worker.stop();
  });
});
