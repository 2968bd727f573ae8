/** A stall as the machine gets it: its own event, in the state it is in, and the effect goes on. */
import { describe, expect, it } from 'vitest';
import { assign, setup } from 'xstate';
import { z } from 'zod';
import type { CommandEnvelope } from '../contract/command.ts';
import {
  applyBatch,
  deliverCommand,
  registerAlone,
  startCommand,
} from '../testing/apply-commands.ts';
import { defineActor, effectSource } from './definition.ts';
import { localEffect, poolEffect } from './effect-definition.ts';
import type { EffectStalledEvent } from './effect-stalled.ts';
import type { ActorRecord } from './step.ts';

const options = {
  input: z.any(),
  deadlineMs: 1_000,
  whenUnknown: 'retry',
  run: async () => null,
} as const;

const actor = registerAlone(
  defineActor({
    kind: 'test',
    version: 1,
    machine: setup({
      types: {
        context: {} as { stall: EffectStalledEvent | null },
        events: {} as EffectStalledEvent | { type: 'go' } | { type: 'back' },
      },
      actors: { near: effectSource<null, null>(), far: effectSource<null, null>() },
    }).createMachine({
      context: { stall: null },
      initial: 'idle',
      states: {
        idle: { on: { go: 'careful' } },
        careful: {
          invoke: { src: 'far', id: 'upload', input: null },
          on: {
            'effect.stalled': { actions: assign({ stall: ({ event }) => event }) },
            back: 'careless',
          },
        },
        careless: { invoke: { src: 'near', id: 'other', input: null } },
      },
    }),
    effects: { near: localEffect(options), far: poolEffect('p', options) },
  }),
);

function stallOf(record: ActorRecord | undefined, name: string): CommandEnvelope {
  const child = record?.commit.children[name];
  if (child?.type !== 'effect') throw new Error(`no effect "${name}" is under way`);
  return {
    v: 1,
    purpose: 'effectStalled',
    id: `${child.effectId}:stalled:1`,
    at: '2026-01-01T00:00:00.000Z',
    effectId: child.effectId,
    silentMs: 300_000,
    note: '2 of 9',
  };
}

function start(...types: readonly ('go' | 'back')[]): ActorRecord | undefined {
  let record = applyBatch(actor, undefined, [startCommand(null)]).next;
  for (const type of types) record = applyBatch(actor, record, [deliverCommand({ type })]).next;
  return record;
}

describe('a stalled effect', () => {
  it('is an event of the machine, under the name that the machine has given the effect', () => {
    const record = start('go');
    const { next } = applyBatch(actor, record, [stallOf(record, 'upload')]);
    expect(next?.commit.snapshot.context).toEqual({
      stall: { type: 'effect.stalled', child: 'upload', silentMs: 300_000, note: '2 of 9' },
    });
    expect(Object.keys(next?.commit.children ?? {})).toEqual(['upload']);
  });

  it('leaves no trace where the machine has no answer to it', () => {
    const record = start('go', 'back');
    expect(applyBatch(actor, record, [stallOf(record, 'other')]).next).toBeUndefined();
  });

  it('leaves no trace when the effect has ended or was cancelled meanwhile', () => {
    const stalled = stallOf(start('go'), 'upload');
    expect(applyBatch(actor, start('go', 'back'), [stalled]).next).toBeUndefined();
  });
});
