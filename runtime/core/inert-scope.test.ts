/**
 * The reused scope against XState's own pure functions: the same snapshots and the same actions, on machines that use
 * everything a durable machine may. A change upstream of what `inert-scope.ts` relies on shows here.
 */
import { describe, expect, it } from 'vitest';
import {
  assign,
  cancel,
  emit,
  enqueueActions,
  initialTransition,
  raise,
  sendTo,
  setup,
  spawnChild,
  stopChild,
  transition,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type EventObject,
} from 'xstate';
import { effectSource } from './definition.ts';
import { createInertMachine, type ActionRecord } from './inert-scope.ts';

interface Case {
  readonly name: string;
  readonly machine: AnyStateMachine;
  readonly input?: unknown;
  readonly events: readonly EventObject[];
}

const sources = {
  work: effectSource<string, string>(),
  child: effectSource<{ n: number }, number>(),
};

const cases: readonly Case[] = [
  {
    name: 'assign, guards, always and output',
    machine: setup({
      types: {
        context: {} as { count: number },
        input: {} as { from: number },
        events: {} as { type: 'add'; by: number },
      },
      guards: { isFull: ({ context }) => context.count >= 5 },
    }).createMachine({
      context: ({ input }) => ({ count: input.from }),
      initial: 'counting',
      output: ({ context }) => context.count,
      states: {
        counting: {
          on: {
            add: { actions: assign({ count: ({ context, event }) => context.count + event.by }) },
          },
          always: { guard: 'isFull', target: 'full' },
        },
        full: { type: 'final' },
      },
    }),
    input: { from: 1 },
    events: [
      { type: 'add', by: 2 },
      { type: 'unknown' },
      { type: 'add', by: 2 },
    ] as readonly EventObject[],
  },
  {
    name: 'raise, delayed raise, cancel, emit, enqueueActions',
    machine: setup({
      types: { events: {} as { type: 'go' } | { type: 'inner' } | { type: 'stop' } },
    }).createMachine({
      initial: 'idle',
      states: {
        idle: {
          entry: enqueueActions(({ enqueue }) => {
            enqueue.raise({ type: 'inner' }, { id: 'later', delay: 1_000 });
            enqueue.emit({ type: 'idled' });
          }),
          on: { go: { target: 'busy', actions: [raise({ type: 'inner' }), cancel('later')] } },
        },
        busy: {
          on: { inner: { actions: emit({ type: 'innerSeen' }) }, stop: 'idle' },
          after: { 500: 'idle' },
        },
      },
    }),
    events: [{ type: 'go' }, { type: 'stop' }, { type: 'go' }],
  },
  {
    name: 'invoke, spawnChild, sendTo and stopChild',
    machine: setup({ actors: sources }).createMachine({
      initial: 'waiting',
      states: {
        waiting: { on: { go: 'working' } },
        working: {
          entry: [
            spawnChild('child', { id: 'helper', input: { n: 1 } }),
            sendTo('helper', { type: 'hello' }),
          ],
          exit: stopChild('helper'),
          invoke: { src: 'work', id: 'work', input: 'x', onDone: 'waiting', onError: 'waiting' },
        },
      },
    }),
    events: [
      { type: 'go' },
      { type: 'xstate.done.actor.work', output: 'y', actorId: 'work' } as EventObject,
      { type: 'go' },
      { type: 'xstate.error.actor.work', error: 'z', actorId: 'work' } as EventObject,
    ],
  },
  {
    name: 'parallel regions and history',
    machine: setup({}).createMachine({
      type: 'parallel',
      states: {
        left: {
          initial: 'one',
          states: {
            one: { on: { next: 'two' } },
            two: { initial: 'deep', states: { deep: { on: { next: 'deeper' } }, deeper: {} } },
            off: { on: { back: 'past' } },
            past: { type: 'history', history: 'deep' },
          },
          on: { off: '.off' },
        },
        right: { initial: 'a', states: { a: { on: { next: 'b' } }, b: {} } },
      },
    }),
    events: [{ type: 'next' }, { type: 'next' }, { type: 'off' }, { type: 'back' }],
  },
];

/** What of an action is data; a live actor of XState is known by its name. */
function describeActions(actions: readonly ActionRecord[]): unknown {
  return actions.map(({ type, params }) => [type, JSON.stringify(params ?? null, dropActorRefs)]);
}

function dropActorRefs(_: string, value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'sessionId' in value && 'id' in value
    ? { actor: value.id }
    : value;
}

function describeSnapshot(machine: AnyStateMachine, snapshot: AnyMachineSnapshot): unknown {
  return JSON.parse(JSON.stringify(machine.getPersistedSnapshot(snapshot)));
}

describe.each(cases)('$name', ({ machine, input, events }) => {
  it('gives what XState gives', () => {
    const inert = createInertMachine(machine);
    let ours = inert.initialize(input);
    let [snapshot, actions] = initialTransition(machine, input);
    expect(describeActions(ours.actions)).toEqual(describeActions(actions));
    expect(describeSnapshot(machine, ours.snapshot)).toEqual(describeSnapshot(machine, snapshot));
    for (const event of events) {
      ours = inert.transition(ours.snapshot, event);
      [snapshot, actions] = transition(machine, snapshot, event);
      expect(describeActions(ours.actions)).toEqual(describeActions(actions));
      expect(describeSnapshot(machine, ours.snapshot)).toEqual(describeSnapshot(machine, snapshot));
    }
  });

  it('gives the same for an actor after another one has used the scope', () => {
    const inert = createInertMachine(machine);
    const run = (): readonly unknown[] => {
      let result = inert.initialize(input);
      return [
        describeSnapshot(machine, result.snapshot),
        ...events.map((event) => {
          result = inert.transition(result.snapshot, event);
          return [describeActions(result.actions), describeSnapshot(machine, result.snapshot)];
        }),
      ];
    };
    expect(run()).toEqual(run());
  });

  it('goes on from a restored snapshot as from the live one', () => {
    const inert = createInertMachine(machine);
    let live = inert.initialize(input).snapshot;
    let restored = live;
    for (const event of events) {
      restored = createInertMachine(machine).restore(
        JSON.parse(JSON.stringify(inert.persist(restored))),
      );
      const next = inert.transition(restored, event);
      live = inert.transition(live, event).snapshot;
      restored = next.snapshot;
      expect(describeSnapshot(machine, restored)).toEqual(describeSnapshot(machine, live));
    }
  });
});

describe('XState, as we rely on it', () => {
  it('answers an error on the first transition with a snapshot, and throws on later ones', () => {
    const machine = setup({ types: { input: {} as boolean } }).createMachine({
      context: ({ input }) => {
        if (input) throw new Error('first');
        return {};
      },
      on: {
        go: {
          actions: assign(() => {
            throw new Error('later');
          }),
        },
      },
    });
    const inert = createInertMachine(machine);
    expect(inert.initialize(true).snapshot).toMatchObject({
      status: 'error',
      error: new Error('first'),
    });
    const { snapshot } = inert.initialize(false);
    expect(() => inert.transition(snapshot, { type: 'go' })).toThrow('later');
    expect(inert.transition(snapshot, { type: 'other' }).actions).toEqual([]);
  });

  it('throws what a guard throws', () => {
    const machine = setup({}).createMachine({
      on: {
        go: {
          guard: () => {
            throw new Error('guard');
          },
        },
      },
    });
    const inert = createInertMachine(machine);
    expect(() => inert.transition(inert.initialize(undefined).snapshot, { type: 'go' })).toThrow(
      'guard',
    );
  });

  it('runs the context factory more than once, so that it must be pure', () => {
    let calls = 0;
    const machine = setup({}).createMachine({ context: () => ({ calls: (calls += 1) }) });
    createInertMachine(machine).initialize(undefined);
    expect(calls).toBe(2);
  });

  it('names an immediate raise among the actions though it has handled it already', () => {
    const machine = setup({ types: { context: {} as { seen: number } } }).createMachine({
      context: { seen: 0 },
      on: {
        go: { actions: raise({ type: 'inner' }) },
        inner: { actions: assign({ seen: ({ context }) => context.seen + 1 }) },
      },
    });
    const inert = createInertMachine(machine);
    const { snapshot, actions } = inert.transition(inert.initialize(undefined).snapshot, {
      type: 'go',
    });
    expect(actions.map((action) => action.type)).toEqual(['xstate.raise']);
    expect(snapshot.context).toEqual({ seen: 1 });
  });
});
