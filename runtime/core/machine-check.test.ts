/** What a machine may not do, said when it is registered. */
import { describe, expect, it } from 'vitest';
import {
  assign,
  createActor,
  createMachine,
  emit,
  fromPromise,
  log,
  raise,
  sendParent,
  sendTo,
  setup,
  spawnChild,
  toPromise,
} from 'xstate';
import type { AnyStateMachine } from 'xstate';
import { z } from 'zod';
import { SignalboxError } from '../contract/errors.ts';
import { childSource, defineActor, effectSource } from './definition.ts';
import { localEffect } from './effect-definition.ts';
import { sendCommand, startActor } from './send-command.ts';

const effects = {
  work: localEffect({
    input: z.null(),
    deadlineMs: 1,
    whenUnknown: 'retry',
    run: async () => null,
  }),
};
const children = { child: 'other' };

function define(machine: AnyStateMachine): () => unknown {
  return () => defineActor({ kind: 'test', version: 1, machine, effects, children });
}

const sources = { work: effectSource<null, null>(), child: childSource<null, null>() };

describe('a machine is accepted', () => {
  it('with everything that can be made durable', () => {
    expect(
      define(
        setup({
          actors: sources,
          actions: { sendCommand, startActor },
          delays: { soon: 10 },
        }).createMachine({
          initial: 'a',
          context: {},
          entry: [
            assign({}),
            emit({ type: 'begun' }),
            { type: 'sendCommand', params: { to: { kind: 'x', id: 'y' }, command: { type: 'z' } } },
          ],
          states: {
            a: {
              invoke: [
                { src: 'work', input: null },
                { src: 'child', id: 'child', input: null },
              ],
              entry: [
                spawnChild('child', { id: 'second', input: null }),
                sendTo('second', { type: 'hello' }),
              ],
              after: { soon: 'b' },
              exit: raise({ type: 'left' }, { delay: 5 }),
            },
            b: { type: 'final' },
          },
        }),
      ),
    ).not.toThrow();
  });
});

describe('a machine is refused', () => {
  const refused: readonly (readonly [string, AnyStateMachine, RegExp])[] = [
    ['inline actions', createMachine({ entry: () => undefined }), /an inline function/],
    [
      'inline actions on a transition',
      createMachine({ on: { go: { actions: () => undefined } } }),
      /an inline function/,
    ],
    [
      'inline actions in always',
      createMachine({ always: { guard: () => false, actions: () => undefined } }),
      /an inline function/,
    ],
    [
      'inline actions on an initial transition',
      createMachine({
        initial: { target: 'a', actions: () => undefined } as never,
        states: { a: {} },
      }),
      /an inline function/,
    ],
    [
      'custom actions',
      setup({ actions: { note: () => undefined } }).createMachine({ entry: 'note' }),
      /"note" is an inline/,
    ],
    ['log', createMachine({ entry: log('x') }), /xstate\.log, which cannot be persisted/],
    ['sendParent', createMachine({ entry: sendParent({ type: 'x' }) }), /sendParent/],
    [
      'sendTo with a computed target',
      createMachine({ entry: sendTo(({ self }) => self, { type: 'x' }) }),
      /computed target/,
    ],
    [
      'sendTo with a delay',
      createMachine({ entry: sendTo('a', { type: 'x' }, { delay: 5 }) }),
      /with a delay/,
    ],
    [
      'inline actors',
      createMachine({ invoke: { src: fromPromise(async () => null) } }),
      /neither an effect nor a child/,
    ],
    [
      'unknown sources',
      createMachine({ invoke: { src: 'nowhere' } }),
      /"nowhere", which is neither/,
    ],
    [
      'systemId',
      setup({ actors: sources }).createMachine({
        invoke: { src: 'work', systemId: 's', input: null },
      }),
      /systemId/,
    ],
    [
      'children without an id',
      setup({ actors: sources }).createMachine({ invoke: { src: 'child', input: null } }),
      /without an id/,
    ],
    [
      'onSnapshot',
      setup({ actors: sources }).createMachine({
        invoke: { src: 'work', input: null, onSnapshot: {} },
      }),
      /onSnapshot/,
    ],
    [
      'spawnChild without an id',
      setup({ actors: sources }).createMachine({ entry: spawnChild('work', { input: null }) }),
      /without an id/,
    ],
    [
      'spawnChild of an inline actor',
      createMachine({
        entry: spawnChild(
          fromPromise(async () => null),
          { id: 'x' },
        ),
      }),
      /inline actor/,
    ],
    [
      'what a nested state does',
      createMachine({
        initial: 'a',
        states: { a: { initial: 'b', states: { b: { exit: () => undefined } } } },
      }),
      /"\(machine\)\.a\.b"/,
    ],
    [
      'a delayed transition in a list that is a bare name',
      setup({ guards: { never: () => false } }).createMachine({
        initial: 'a',
        states: { a: { after: { 10: [{ guard: 'never', target: 'b' }, 'b' as never] } }, b: {} },
      }),
      /a bare name/,
    ],
  ];

  it.each(refused)('for %s', (_, machine, reason) => {
    expect(define(machine)).toThrow(reason);
    expect(define(machine)).toThrow(SignalboxError);
  });

  it('for a kind or a version that cannot be', () => {
    const machine = createMachine({});
    expect(() => defineActor({ kind: 'Bad Kind', version: 1, machine })).toThrow(
      'cannot be an actor kind',
    );
    expect(() => defineActor({ kind: 'good', version: 0, machine })).toThrow('must be 1 or more');
  });
});

describe('a source', () => {
  it('refuses to be run by XState itself', async () => {
    const actor = createActor(effectSource<null, null>(), { input: null });
    const ended = toPromise(actor);
    actor.start();
    await expect(ended).rejects.toThrow('started by XState itself');
  });
});
