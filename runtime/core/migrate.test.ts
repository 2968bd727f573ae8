/** Actors stored by earlier versions of their machine: who goes on as it is, who is migrated, and who is set aside. */
import { describe, expect, it } from 'vitest';
import { assign, emit, raise, setup } from 'xstate';
import { z } from 'zod';
import {
  applyBatch,
  deliverCommand,
  endOfChild,
  fireOfTimer,
  registerAlone,
  startCommand,
  storeAndLoad,
  testAddress,
  testStartMs,
} from '../testing/apply-commands.ts';
import { activate, type Activation } from './activate.ts';
import type { Commit } from './commit.ts';
import {
  childSource,
  defineActor,
  effectSource,
  type ActorDefinitionOptions,
} from './definition.ts';
import { localEffect, poolEffect } from './effect-definition.ts';
import type { Migration } from './migration.ts';
import type { RegisteredActor } from './registry.ts';
import type { ActorRecord } from './step.ts';

const options = {
  input: z.any(),
  deadlineMs: 1_000,
  whenUnknown: 'retry',
  run: async () => null,
} as const;
const near = localEffect(options);
const far = poolEffect('tools', options);

/** A letter box: letters come in, `close` makes it wait for a day, `work` starts everything there is to start. */
const first: ActorDefinitionOptions = {
  kind: 'test',
  version: 1,
  machine: setup({
    types: { context: {} as { letters: number } },
    actors: {
      near: effectSource<null, null>(),
      far: effectSource<null, null>(),
      child: childSource<null, null>(),
    },
    delays: { day: 86_400_000 },
  }).createMachine({
    id: 'box',
    context: { letters: 0 },
    initial: 'open',
    on: { letter: { actions: assign({ letters: ({ context }) => context.letters + 1 }) } },
    states: {
      open: {
        on: {
          close: 'closed',
          work: 'busy',
          ring: { actions: raise({ type: 'letter' }, { id: 'bell', delay: 60_000 }) },
          finish: 'finished',
        },
      },
      closed: { after: { day: 'open' } },
      busy: {
        invoke: [
          { src: 'near', id: 'near', input: null },
          { src: 'far', id: 'far', input: null },
          { src: 'child', id: 'child', input: null },
        ],
        on: { stop: 'open' },
      },
      finished: { type: 'final' },
    },
  }),
  effects: { near, far },
  children: { child: 'other' },
};

const secondSetup = setup({
  types: { context: {} as { received: number } },
  actors: {
    near: effectSource<null, null>(),
    far: effectSource<null, null>(),
    child: childSource<null, null>(),
  },
  delays: { night: 43_200_000 },
});
/** Counts under another name, and calls `closed` `shut`. */
const second: ActorDefinitionOptions = {
  ...first,
  version: 2,
  machine: secondSetup.createMachine({
    id: 'box',
    context: { received: 0 },
    initial: 'open',
    on: {
      letter: {
        actions: [
          assign({ received: ({ context }) => context.received + 1 }),
          emit(({ context }) => ({ type: 'letterReceived', received: context.received })),
        ],
      },
    },
    states: {
      open: { on: { close: 'shut', work: 'busy' } },
      shut: { after: { night: 'open' } },
      busy: {
        invoke: [
          { src: 'near', id: 'near', input: null },
          { src: 'far', id: 'far', input: null },
          { src: 'child', id: 'child', input: null },
        ],
        on: { stop: 'open' },
      },
    },
  }),
  context: z.object({ received: z.number() }),
};

const toSecond: Migration = ({ value, context, children, timers }) => {
  const { letters } = context as { letters: number };
  const { 'xstate.after.day.box.closed': day, ...others } = timers;
  return {
    value: value === 'closed' ? 'shut' : value,
    context: { received: letters },
    children,
    timers: day === undefined ? others : { ...others, [night]: { ...day, event: { type: night } } },
  };
};
const night = 'xstate.after.night.box.shut';

const migrations = { 1: toSecond };
const original = register(first);

function register(given: ActorDefinitionOptions): RegisteredActor {
  return registerAlone(defineActor(given));
}

/** What version 1 has stored after these events. */
function stored(...types: readonly string[]): Commit {
  const { next } = applyBatch(original, undefined, [
    startCommand(null),
    ...types.map((type) => deliverCommand({ type })),
  ]);
  if (next === undefined) throw new Error('nothing was stored');
  return next.commit;
}

function activateWith(given: ActorDefinitionOptions, commit: Commit): Activation {
  const actor = register(given);
  return activate({ actor, address: testAddress, nowMs: testStartMs + 5, epoch: 9 }, commit);
}

function expectMigrated(activation: Activation): ActorRecord {
  if (activation.status !== 'migrated') throw new Error(JSON.stringify(activation));
  return activation.record;
}

function expectSetAside(activation: Activation): string {
  if (activation.status !== 'quarantined') throw new Error(activation.status);
  return activation.reason;
}

describe('an actor of an earlier version that is still known', () => {
  const both = { ...second, earlier: [first], migrations };

  it('keeps it until it ends', () => {
    const commit = stored('letter', 'close');
    const actor = register(both);
    const activation = activateWith(both, commit);
    expect(activation).toMatchObject({ status: 'restored', migrationProblem: undefined });
    if (activation.status !== 'restored') return;
    const record = { commit, snapshot: activation.snapshot };
    const woken = applyBatch(actor, record, [fireOfTimer(record, 'xstate.after.day.box.closed')]);
    expect(woken.next?.commit).toMatchObject({
      machine: { version: 1 },
      snapshot: { value: 'open', context: { letters: 1 } },
    });
  });

  it('is migrated at once when it is quiet and its kind says so', () => {
    const { commit } = expectMigrated(
      activateWith({ ...both, whenChanged: 'migrateWhenQuiet' }, stored('letter')),
    );
    expect(commit).toMatchObject({
      n: 2,
      epoch: 9,
      cause: ['migration'],
      machine: { kind: 'test', version: 2 },
      snapshot: { value: 'open', context: { received: 1 }, status: 'active' },
      outbox: [{ type: 'event', i: 0, event: { type: 'actorMigrated', from: 1, to: 2 } }],
    });
  });

  it('is not migrated while something of it is under way', () => {
    const commit = stored('work');
    const given: ActorDefinitionOptions = { ...both, whenChanged: 'migrateWhenQuiet' };
    expect(activateWith(given, commit)).toMatchObject({ status: 'restored' });
    const quiet = { ...commit, children: {}, snapshot: { ...commit.snapshot, value: 'open' } };
    expect(activateWith(given, quiet)).toMatchObject({ status: 'migrated' });
  });

  it('goes on as it is when its migration fails', () => {
    const refuse: Migration = () => {
      throw new Error('not this one');
    };
    const given = { ...both, migrations: { 1: refuse } };
    expect(activateWith({ ...given, whenChanged: 'migrateWhenQuiet' }, stored())).toMatchObject({
      status: 'restored',
      migrationProblem: 'the migration of test from version 1 to 2 failed: not this one',
    });
  });

  it('that is started again after its end is of the newest', () => {
    const actor = register(both);
    const parent = { address: { kind: 'parent', id: 'p' }, childName: 'x', generation: 1 };
    const start = { ...startCommand(null), parent };
    const { next } = applyBatch(original, undefined, [start, deliverCommand({ type: 'finish' })]);
    if (next === undefined) throw new Error('nothing was stored');
    expect(next.commit).toMatchObject({ snapshot: { status: 'done' }, machine: { version: 1 } });
    const again = { ...start, id: 'again', parent: { ...parent, generation: 2 } };
    expect(applyBatch(actor, storeAndLoad(actor, next), [again]).next?.commit).toMatchObject({
      snapshot: { status: 'active', context: { received: 0 } },
      machine: { version: 2 },
    });
  });
});

describe('an actor of a version that is known no longer', () => {
  const given = { ...second, migrations };

  it('is migrated whatever is under way, and what is goes on', () => {
    const before = stored('work', 'letter');
    const record = expectMigrated(activateWith(given, before));
    expect(record.commit.children).toEqual(before.children);
    const actor = register(given);
    const after = applyBatch(actor, storeAndLoad(actor, record), [
      endOfChild(record, 'near', { status: 'done', output: null }),
      endOfChild(record, 'far', { status: 'done', output: null }),
      endOfChild(record, 'child', { status: 'done', output: null }),
    ]);
    expect(after.next?.commit).toMatchObject({ n: 3, children: {} });
  });

  it('has its timers with it: renamed ones are set anew, the others wait on', () => {
    const before = stored('ring', 'close');
    const record = expectMigrated(activateWith(given, before));
    const { atMs } = before.timers['xstate.after.day.box.closed'] ?? {};
    expect(record.commit.timers).toEqual({
      bell: before.timers['bell'],
      [night]: { generation: before.generation + 1, atMs, event: { type: night } },
    });
    expect(record.commit.outbox).toMatchObject([
      { type: 'setTimer', timerId: night, generation: before.generation + 1, atMs },
      { type: 'event' },
    ]);
    const actor = register(given);
    const woken = applyBatch(actor, record, [fireOfTimer(record, night)]);
    expect(woken.next?.commit.snapshot.value).toBe('open');
  });

  it('gives up what its migration leaves out', () => {
    const leave: Migration = (before) => ({ ...toSecond(before), value: 'open', children: {} });
    const { commit } = expectMigrated(
      activateWith({ ...given, migrations: { 1: leave } }, stored('work')),
    );
    expect(commit.children).toEqual({});
    expect(commit.outbox.map(({ type }) => type)).toEqual(['cancelEffect', 'stopChild', 'event']);
  });

  it('goes through every version in between', () => {
    const third = {
      ...second,
      version: 3,
      migrations: {
        1: toSecond,
        2: (before: Parameters<Migration>[0]) => ({ ...before, context: { received: 7 } }),
      },
    };
    const { commit } = expectMigrated(activateWith(third, stored('letter')));
    expect(commit).toMatchObject({
      n: 2,
      machine: { version: 3 },
      snapshot: { context: { received: 7 } },
    });
  });

  it('that has ended needs no migration', () => {
    const commit = stored('finish');
    expect(activateWith({ ...second, migrations: {} }, commit)).toMatchObject({
      status: 'restored',
      snapshot: { status: 'done' },
    });
  });

  it('is stored as it was until the migration has been: the function gets a copy', () => {
    const before = stored('letter');
    const text = JSON.stringify(before);
    const spoil: Migration = (copy) => {
      copy.context = { received: 1 };
      copy.timers = {};
      return copy;
    };
    activateWith({ ...given, migrations: { 1: spoil } }, before);
    expect(JSON.stringify(before)).toBe(text);
  });
});

describe('an actor is set aside, and what is missing is named,', () => {
  const cases: readonly (readonly [
    string,
    readonly string[],
    Partial<ActorDefinitionOptions>,
    RegExp,
  ])[] = [
    ['when there is no migration', [], { migrations: {} }, /no migration from version 1 to 2/],
    [
      'when the chain has a gap',
      [],
      { version: 3, migrations: { 1: toSecond } },
      /no migration from version 2 to 3/,
    ],
    [
      'when its version is newer than all that are known',
      [],
      { version: 1, machine: first.machine, earlier: [], migrations: {} },
      /stored by version 5 of test, and the newest registered is 1/,
    ],
    [
      'when the migration throws',
      [],
      {
        migrations: {
          1: () => {
            throw new Error('no idea');
          },
        },
      },
      /from version 1 to 2 failed: no idea/,
    ],
    [
      'when the migration gives something else',
      [],
      { migrations: { 1: () => ({ value: 'open' }) as ReturnType<Migration> } },
      /from version 1 to 2 .*children/s,
    ],
    [
      'when the context does not fit',
      [],
      { migrations: { 1: (before) => ({ ...toSecond(before), context: { received: 'many' } }) } },
      /context does not fit: .*received/s,
    ],
    [
      'when its state is gone',
      ['close'],
      { migrations: { 1: (before) => ({ ...toSecond(before), value: 'closed' }) } },
      /"closed", which the machine does not have/,
    ],
    [
      'when a timer waits for a state that is gone',
      ['close'],
      { migrations: { 1: (before) => ({ ...toSecond(before), timers: before.timers }) } },
      /"xstate\.after\.day\.box\.closed", which no state waits for/,
    ],
    [
      'when a source that is under way is gone',
      ['work'],
      {
        effects: { far },
        machine: secondSetup.createMachine({
          context: { received: 0 },
          initial: 'busy',
          states: { busy: {} },
        }),
      },
      /waits for "near", which is not registered/,
    ],
    [
      'when its pool effect is run elsewhere',
      ['work'],
      { effects: { near, far: poolEffect('git', options) } },
      /waits for "far" in the pool "tools"/,
    ],
    [
      'when the migration renames what a pool has been given',
      ['work'],
      { migrations: { 1: renamed('far', { source: 'near' }) } },
      /renames "far"/,
    ],
    [
      'when the migration calls a child otherwise',
      ['work'],
      {
        migrations: {
          1: (before) => {
            const { child, ...others } = before.children;
            const made = toSecond(before);
            return child === undefined ? made : { ...made, children: { ...others, heir: child } };
          },
        },
      },
      /"child" "heir"/,
    ],
    [
      'when the migration makes something up',
      [],
      {
        migrations: {
          1: (before) => ({
            ...toSecond(before),
            children: { late: { type: 'effect', source: 'near', effectId: 'made-up' } },
          }),
        },
      },
      /adds "late"/,
    ],
  ];

  it.each(cases)('%s', (_, types, changes, reason) => {
    const commit = stored(...types);
    const given = { ...second, migrations, ...changes };
    const of = given.version === 1 ? { ...commit, machine: { kind: 'test', version: 5 } } : commit;
    expect(expectSetAside(activateWith(given, of))).toMatch(reason);
  });

  function renamed(name: string, changes: { readonly source: string }): Migration {
    return (before) => {
      const made = toSecond(before);
      const known = made.children[name];
      if (known === undefined) return made;
      return { ...made, children: { ...made.children, [name]: { ...known, ...changes } } };
    };
  }
});

describe('a kind is refused', () => {
  const cases: readonly (readonly [string, Partial<ActorDefinitionOptions>, RegExp])[] = [
    ['with a version twice', { earlier: [first, first] }, /version 1 is given twice/],
    [
      'with an earlier version that is later',
      { earlier: [{ ...first, version: 2 }] },
      /not earlier/,
    ],
    ['with a migration from nowhere', { migrations: { 2: toSecond } }, /which a migration names/],
    [
      'that migrates without a migration',
      { earlier: [first], whenChanged: 'migrateWhenQuiet', migrations: {} },
      /no migration from version 1 to 2/,
    ],
    ['without an attempt', { attempts: 0 }, /attempts/],
  ];
  it.each(cases)('%s', (_, changes, reason) => {
    expect(() => defineActor({ ...second, ...changes })).toThrow(reason);
  });
});
