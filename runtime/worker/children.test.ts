/** Children as actors on a worker in memory: groups, trees that are stopped, limits, and ends that come once. */
import { afterEach, describe, expect, it } from 'vitest';
import { assign, emit, enqueueActions, setup, type EventObject } from 'xstate';
import { z } from 'zod';
import type { CommandBody } from '../contract/command.ts';
import type { Json } from '../contract/json.ts';
import {
  createChildGroup,
  losersOfGroup,
  recordEnd,
  statusOfGroup,
  type ChildGroup,
  type GroupOptions,
} from '../core/child-group.ts';
import {
  childSource,
  defineActor,
  effectSource,
  type ActorDefinition,
} from '../core/definition.ts';
import { localEffect } from '../core/effect-definition.ts';
import { createRegistry } from '../core/registry.ts';
import type { WorkerStorage } from '../core/storage.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { createMemoryStorage } from '../testing/memory-storage.ts';
import { silentLog } from './log.ts';
import { createWorker, type Worker } from './worker.ts';

let workers: Worker[] = [];
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
  workers = [];
});

function open(actors: readonly ActorDefinition[]) {
  const clock = createManualClock();
  const storage = createMemoryStorage({ clock, partitionCount: 2 });
  let commands = 0;
  const startWorker = async (on: WorkerStorage = storage): Promise<void> => {
    const worker = createWorker({
      namespace: 'test',
      partitionCount: 2,
      workerId: `worker-${workers.length}`,
      registry: createRegistry(actors),
      storage: on,
      clock,
      log: silentLog,
      concurrency: {},
    });
    workers.push(worker);
    await worker.start();
  };
  return {
    clock,
    storage,
    startWorker,
    start: async (kind: string, id: string, input: Json): Promise<void> => {
      await storage.commands.start({ kind, id }, input, `start-${id}`);
      await clock.advanceBy(0);
    },
    send: async (kind: string, id: string, body: CommandBody): Promise<void> => {
      commands += 1;
      await storage.commands.deliver({ kind, id }, body, `command-${commands}`);
      await clock.advanceBy(0);
    },
    /** `<actor> <type> <data>`, in order. */
    told: (type?: string) =>
      storage
        .listEvents()
        .filter((event) => type === undefined || event.type === type)
        .map((event) => `${event.actor} ${event.type} ${JSON.stringify(event.data)}`),
    commitOf: async (kind: string, id: string) => {
      const stored = await storage.commits.load({ kind, id });
      if (stored?.status !== 'stored') throw new Error(`there is no ${kind}/${id}`);
      return stored.commit;
    },
  };
}

/** Ends after so many milliseconds, well or badly. */
const runner = defineActor({
  kind: 'runner',
  version: 1,
  machine: setup({
    types: {
      context: {} as { takesMs: number; fails: boolean },
      input: {} as { takesMs: number; fails?: boolean },
      output: {} as number,
    },
    actors: { fail: effectSource<null, null>() },
    delays: { takes: ({ context }) => context.takesMs },
  }).createMachine({
    context: ({ input }) => ({ takesMs: input.takesMs, fails: input.fails === true }),
    entry: emit({ type: 'began' }),
    initial: 'running',
    output: ({ context }) => context.takesMs,
    states: {
      running: {
        after: {
          takes: [
            { guard: ({ context }) => context.fails, target: 'failing' },
            { target: 'finished' },
          ],
        },
      },
      failing: { invoke: { src: 'fail', id: 'fail', input: null } },
      finished: { type: 'final' },
    },
  }),
  effects: {
    fail: localEffect({
      input: z.null(),
      deadlineMs: 1_000,
      whenUnknown: 'retry',
      run: () => Promise.reject(new Error('stumbled')),
    }),
  },
});

interface RaceInput {
  readonly runners: Readonly<Record<string, { takesMs: number; fails?: boolean }>>;
  readonly options: GroupOptions;
}

/** Sends runners off and goes on when as many have arrived as it waits for. */
const race = defineActor({
  kind: 'race',
  version: 1,
  machine: setup({
    types: {
      context: {} as { group: ChildGroup; input: RaceInput },
      events: {} as EventObject,
      input: {} as RaceInput,
    },
    actors: { runner: childSource<{ takesMs: number }, number>() },
    guards: {
      isOver: ({ context }) => statusOfGroup(context.group) !== 'waiting',
    },
    actions: {
      record: assign({ group: ({ context, event }) => recordEnd(context.group, event) }),
    },
  }).createMachine({
    context: ({ input }) => ({
      input,
      group: createChildGroup(Object.keys(input.runners), input.options),
    }),
    initial: 'running',
    states: {
      running: {
        entry: enqueueActions(({ context, enqueue }) => {
          for (const [id, input] of Object.entries(context.input.runners))
            enqueue.spawnChild('runner', { id, input });
        }),
        on: {
          'xstate.done.actor.*': { actions: 'record' },
          'xstate.error.actor.*': { actions: 'record' },
        },
        always: { guard: 'isOver', target: 'over' },
      },
      over: {
        entry: [
          enqueueActions(({ context, enqueue }) => {
            for (const name of losersOfGroup(context.group)) enqueue.stopChild(name);
          }),
          emit(({ context: { group } }) => ({
            type: 'raceOver',
            how: statusOfGroup(group),
            done: Object.keys(group.done),
            failed: Object.keys(group.failed),
          })),
        ],
      },
    },
  }),
  children: { runner: 'runner' },
});

describe('children that are waited for together', () => {
  const runners = {
    slow: { takesMs: 3_000 },
    fast: { takesMs: 1_000 },
    middle: { takesMs: 2_000 },
  };
  const failing = { ...runners, fast: { takesMs: 1_000, fails: true } };

  it.each([
    ['all', runners, {}, 'reached', ['fast', 'middle', 'slow'], [], 0],
    ['the first', runners, { wait: 'first' }, 'reached', ['fast'], [], 2],
    ['two', runners, { wait: 2 }, 'reached', ['fast', 'middle'], [], 1],
    ['none', {}, {}, 'reached', [], [], 0],
    ['all, and one fails', failing, {}, 'missed', [], ['fast'], 2],
    [
      'the first, and one fails before',
      failing,
      { wait: 'first' },
      'reached',
      ['middle'],
      ['fast'],
      1,
    ],
    [
      'two ends of any kind',
      failing,
      { wait: 2, counting: 'ended' },
      'reached',
      ['middle'],
      ['fast'],
      1,
    ],
    ['more than there are', runners, { wait: 4 }, 'missed', [], [], 3],
  ] as const)('%s', async (_, entrants, options, how, done, failed, losers) => {
    const world = open([race, runner]);
    await world.startWorker();
    await world.start('race', 'r', { runners: entrants, options });
    await world.clock.advanceBy(10_000);
    expect(world.told('raceOver')).toEqual([`r raceOver ${JSON.stringify({ how, done, failed })}`]);
    expect((await world.commitOf('race', 'r')).children).toEqual({});
    const stopped = world.storage
      .listEvents()
      .filter(({ type, status }) => type === 'actorEnded' && status === 'stopped');
    expect(stopped.length).toBe(losers);
  });
});

/** A node of a tree: starts the next level, has an effect under way and a timer set. */
function defineNode(limits: { depth?: number; descendants?: number } = {}, descendants?: number) {
  let running = 0;
  const node = defineActor({
    kind: 'node',
    version: 1,
    limits,
    machine: setup({
      types: {
        context: {} as { depth: number; width: number },
        events: {} as
          | { type: 'cut' | 'ripen' }
          | { type: `xstate.error.actor.${string}`; error: { code: string } },
        input: {} as { depth: number; width: number },
      },
      actors: {
        node: childSource<{ depth: number; width: number }, null>(),
        work: effectSource<null, null>(),
      },
    }).createMachine({
      context: ({ input }) => input,
      initial: 'growing',
      invoke: { src: 'work', id: 'work', input: null },
      entry: [
        emit({ type: 'grown' }),
        enqueueActions(({ context, enqueue }) => {
          if (context.depth === 0) return;
          const input = { ...context, depth: context.depth - 1 };
          for (let branch = 0; branch < context.width; branch += 1)
            enqueue.spawnChild('node', { id: `b${branch}`, input });
        }),
      ],
      on: {
        ripen: '.ripe',
        cut: {
          actions: enqueueActions(({ enqueue }) => {
            enqueue.stopChild('b0');
          }),
        },
        'xstate.error.actor.*': {
          actions: emit(({ event }) => ({ type: 'refused', code: event.error.code })),
        },
      },
      states: { growing: { after: { 3_600_000: 'ripe' } }, ripe: { type: 'final' } },
    }),
    effects: {
      work: localEffect({
        input: z.null(),
        deadlineMs: 7_200_000,
        whenUnknown: 'retry',
        run: (_, { signal }) =>
          new Promise((_resolve, reject) => {
            running += 1;
            signal.addEventListener('abort', () => {
              running -= 1;
              reject(new Error('aborted'));
            });
          }),
      }),
    },
    children: { node: { kind: 'node', ...(descendants === undefined ? {} : { descendants }) } },
  });
  return { node, running: () => running };
}

describe('a tree of actors', () => {
  it('is stopped with its root, with all effects and timers', async () => {
    const { node, running } = defineNode();
    const world = open([node]);
    await world.startWorker();
    await world.start('node', 'root', { depth: 3, width: 3 });
    await world.clock.advanceBy(0);
    expect(running()).toBe(1 + 3 + 9 + 27);
    await world.send('node', 'root', { type: 'ripen' });
    await world.clock.advanceBy(0);
    expect(running()).toBe(0);
    expect(new Set(world.told('actorEnded')).size).toBe(40);
    expect(world.told('actorEnded').length).toBe(40);
  });

  it('of many levels is stopped below the branch that is cut, and nowhere else', async () => {
    const { node, running } = defineNode({ depth: 6 });
    const world = open([node]);
    await world.startWorker();
    await world.start('node', 'root', { depth: 4, width: 1 });
    await world.clock.advanceBy(0);
    expect(running()).toBe(5);
    await world.send('node', 'root::b0::b0', { type: 'cut' });
    await world.clock.advanceBy(0);
    expect(running()).toBe(3);
    await world.send('node', 'root', { type: 'cut' });
    await world.send('node', 'root', { type: 'cut' });
    await world.clock.advanceBy(0);
    expect(running()).toBe(1);
    const chain = ['root::b0', 'root::b0::b0', 'root::b0::b0::b0', 'root::b0::b0::b0::b0'];
    expect(world.told('actorEnded').toSorted()).toEqual(
      chain.map((id) => `${id} actorEnded {}`).toSorted(),
    );
    for (const id of chain) {
      const commit = await world.commitOf('node', id);
      expect(commit).toMatchObject({ snapshot: { status: 'stopped' }, children: {}, timers: {} });
    }
    await world.clock.advanceBy(2 * 3_600_000);
    expect(world.told('actorEnded').length).toBe(5);
  });

  it('hears nothing of a child that ends by itself while it is being stopped', async () => {
    const { node, running } = defineNode();
    const world = open([node]);
    await world.start('node', 'root', { depth: 1, width: 1 });
    await world.startWorker();
    await world.clock.advanceBy(0);
    // Both lie in the inbox before either is applied: the stop and the child's own end cross.
    await Promise.all([
      world.storage.commands.deliver({ kind: 'node', id: 'root::b0' }, { type: 'ripen' }, 'ripen'),
      world.storage.commands.deliver({ kind: 'node', id: 'root' }, { type: 'cut' }, 'cut'),
    ]);
    await world.clock.advanceBy(0);
    expect(running()).toBe(1);
    expect((await world.commitOf('node', 'root')).children).toMatchObject({
      work: { type: 'effect' },
    });
    expect(world.told('actorEnded')).toEqual(['root::b0 actorEnded {}']);
    expect((await world.commitOf('node', 'root')).snapshot.status).toBe('active');
  });
});

describe('a tree that grows without end', () => {
  it('stops at the number its root may have, and says so to every parent that is refused', async () => {
    const { node } = defineNode({ descendants: 20, depth: 50 }, 3);
    const world = open([node]);
    await world.startWorker();
    await world.start('node', 'root', { depth: 3, width: 9 });
    await world.clock.advanceBy(0);
    const grown = world.told('grown').length;
    expect(grown - 1).toBeGreaterThan(0);
    expect(grown - 1).toBeLessThanOrEqual(20);
    const codes = new Set(
      world.storage
        .listEvents()
        .flatMap(({ type, data }) => (type === 'refused' ? [data['code']] : [])),
    );
    expect([...codes]).toEqual(['SB_LIMIT_CHILDREN']);
  });

  it('stops at the number that it was started with', async () => {
    const { node } = defineNode({}, 0);
    const world = open([node]);
    await world.startWorker();
    const limits = { depth: 8, descendants: 4 };
    const address = { kind: 'node', id: 'root' };
    await world.storage.commands.start(address, { depth: 1, width: 9 }, 'start', { limits });
    await world.clock.advanceBy(0);
    expect(world.told('grown').length).toBe(1 + 4);
    expect(world.told('refused').length).toBe(5);
  });

  it('stops at its depth', async () => {
    const { node } = defineNode({ depth: 3 });
    const world = open([node]);
    await world.startWorker();
    await world.start('node', 'root', { depth: 50, width: 1 });
    await world.clock.advanceBy(0);
    expect(world.told('grown').length).toBe(4);
    expect(world.told('refused')).toEqual([
      'root::b0::b0::b0 refused {"code":"SB_LIMIT_CHILDREN"}',
    ]);
  });

  it('keeps to its number when two workers own all of it at once', async () => {
    const { node } = defineNode({ descendants: 12, depth: 50 }, 2);
    const world = open([node]);
    const other = createMemoryStorage({ clock: world.clock, partitionCount: 2 });
    await world.startWorker();
    const { leases, checkpoints } = other;
    await world.startWorker({ ...world.storage, leases, checkpoints });
    await world.start('node', 'root', { depth: 3, width: 9 });
    await world.clock.advanceBy(1_000);
    // Each child takes three of the twelve: itself, and two that none of them can start, as those want two more.
    expect(world.told('grown').toSorted()).toEqual(
      ['root', 'root::b0', 'root::b1', 'root::b2', 'root::b3'].map((id) => `${id} grown {}`),
    );
    expect(world.told('refused').length).toBe(5 + 4 * 9);
  });
});
