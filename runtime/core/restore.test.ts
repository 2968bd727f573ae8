/** From a stored commit to a live actor: what is restored, and what is set aside rather than guessed at. */
import { describe, expect, it } from 'vitest';
import { setup, type AnyStateMachine } from 'xstate';
import { z } from 'zod';
import {
  applyBatch,
  deliverCommand,
  registerAlone,
  startCommand,
  storeAndLoad,
} from '../testing/apply-commands.ts';
import { childSource, defineActor, effectSource } from './definition.ts';
import { localEffect } from './effect-definition.ts';
import type { RegisteredActor } from './registry.ts';
import { formatStateValue, restoreSnapshot } from './restore.ts';
import type { ActorRecord } from './step.ts';

const work = localEffect({
  input: z.any(),
  deadlineMs: 1,
  whenUnknown: 'retry',
  run: async () => null,
});

function register(machine: AnyStateMachine): RegisteredActor {
  return registerAlone(
    defineActor({
      kind: 'test',
      version: 1,
      machine,
      effects: { work },
      children: { child: 'other' },
    }),
  );
}

const machineSetup = setup({
  actors: { work: effectSource<null, null>(), child: childSource<null, null>() },
});
const original = register(
  machineSetup.createMachine({
    initial: 'idle',
    states: {
      idle: { on: { go: 'busy' } },
      busy: {
        invoke: [
          { src: 'work', id: 'work', input: null },
          { src: 'child', id: 'child', input: null },
        ],
        type: 'parallel',
        states: {
          left: { initial: 'a', states: { a: {} } },
          right: { initial: 'b', states: { b: {} } },
        },
        on: { leave: 'idle' },
      },
    },
  }),
);

function reach(...events: readonly string[]): ActorRecord {
  const { next } = applyBatch(original, undefined, [
    startCommand(null),
    ...events.map((type) => deliverCommand({ type })),
  ]);
  if (next === undefined) throw new Error('no commit');
  return next;
}

describe('a stored actor', () => {
  it('comes back with its children, which it can still stop', () => {
    const loaded = storeAndLoad(original, reach('go'));
    expect(Object.keys(loaded.snapshot.children as object)).toEqual(['work', 'child']);
    const { next } = applyBatch(original, loaded, [deliverCommand({ type: 'leave' })]);
    expect(next?.commit.outbox.map((entry) => entry.type)).toEqual(['stopChild']);
    expect(next?.commit.children).toEqual({});
  });

  it('is the same stored again', () => {
    const record = reach('go');
    const loaded = storeAndLoad(original, record);
    const { next } = applyBatch(original, loaded, [deliverCommand({ type: 'unknown' })]);
    expect(next?.commit.snapshot).toEqual(record.commit.snapshot);
  });

  const quarantined: readonly (readonly [string, RegisteredActor, RegExp])[] = [
    [
      'its state is gone',
      register(machineSetup.createMachine({ initial: 'idle', states: { idle: {} } })),
      /"busy", which/,
    ],
    [
      'an inner state is gone',
      register(
        machineSetup.createMachine({
          initial: 'busy',
          states: {
            busy: {
              type: 'parallel',
              states: {
                left: { initial: 'z', states: { z: {} } },
                right: { initial: 'b', states: { b: {} } },
              },
            },
          },
        }),
      ),
      /"busy\.left\.a", which/,
    ],
    [
      'a region was added',
      register(
        machineSetup.createMachine({
          initial: 'busy',
          states: {
            busy: {
              type: 'parallel',
              states: {
                left: { initial: 'a', states: { a: {} } },
                right: { initial: 'b', states: { b: {} } },
                middle: {},
              },
            },
          },
        }),
      ),
      /"busy", which/,
    ],
    [
      'what was atomic has states now',
      register(
        machineSetup.createMachine({
          initial: 'busy',
          states: {
            busy: {
              type: 'parallel',
              states: {
                left: { initial: 'a', states: { a: { initial: 'x', states: { x: {} } } } },
                right: { initial: 'b', states: { b: {} } },
              },
            },
          },
        }),
      ),
      /"busy\.left\.a", which/,
    ],
  ];

  it.each(quarantined)('is set aside when %s', (_, actor, reason) => {
    const restoration = restoreSnapshot(actor, reach('go').commit);
    expect(restoration).toMatchObject({ status: 'quarantined' });
    expect(restoration.status === 'quarantined' && restoration.reason).toMatch(reason);
  });

  it('is set aside when it waits for something unknown, which XState would silently forget', () => {
    const { commit } = reach('go');
    const changed = {
      ...commit,
      children: { lost: { type: 'effect' as const, source: 'gone', effectId: 'x' } },
    };
    expect(restoreSnapshot(original, changed)).toMatchObject({
      status: 'quarantined',
      reason: /"gone"/,
    });
  });
});

describe('a state', () => {
  it.each([
    ['idle', 'idle'],
    [{ busy: { left: 'a', right: 'b' } }, 'busy.left.a|right.b'],
    [{ busy: {} }, 'busy'],
    [{}, ''],
  ])('%j is written %s', (value, text) => {
    expect(formatStateValue(value)).toBe(text);
  });
});
