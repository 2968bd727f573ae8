/** Two versions of a machine side by side: what runs goes on, and a migration waits for a quiet moment. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { assign, emit, setup } from 'xstate';
import { z } from 'zod';
import { defineActor, effectSource, type ActorDefinitionOptions } from '../core/definition.ts';
import { localEffect } from '../core/effect-definition.ts';
import type { Migration } from '../core/migration.ts';
import { findEffect, registerActor } from '../core/registry.ts';
import { openTestWorkers, type TestWorkers } from '../testing/test-workers.ts';

const address = { kind: 'press', id: 'a' };
let world: TestWorkers;
let answer: ((page: string) => void) | undefined;
beforeEach(() => {
  world = openTestWorkers();
  answer = undefined;
});
afterEach(() => world.stop());

/** Prints one page per command; what it does with the page is another thing in every version. */
function press(version: number, run: (page: string) => Promise<string>): ActorDefinitionOptions {
  return {
    kind: 'press',
    version,
    machine: setup({
      types: {
        context: {} as { pages: string[] },
        events: {} as { type: 'print' },
      },
      actors: { print: effectSource<string, string>() },
    }).createMachine({
      context: { pages: [] },
      initial: 'idle',
      states: {
        idle: { on: { print: 'printing' } },
        printing: {
          invoke: {
            src: 'print',
            id: 'print',
            input: `page of ${version}`,
            onDone: {
              target: 'idle',
              actions: [
                assign({ pages: ({ context, event }) => [...context.pages, event.output] }),
                emit(({ event }) => ({ type: 'printed', page: event.output, by: version })),
              ],
            },
            onError: {
              target: 'idle',
              actions: emit(({ event }) => ({
                type: 'jammed',
                code: (event.error as { code: string }).code,
                by: version,
              })),
            },
          },
        },
      },
    }),
    effects: {
      print: localEffect({ input: z.string(), deadlineMs: 3_600_000, whenUnknown: 'ask', run }),
    },
  };
}

const slow = press(
  1,
  () =>
    new Promise((resolve) => {
      answer = resolve;
    }),
);
const quick = press(2, async (page) => `${page}, quickly`);
const same: Migration = (stored) => stored;

async function print(id: string): Promise<void> {
  await world.storage.commands.deliver(address, { type: 'print' }, id);
}

function told(): readonly unknown[] {
  return world.storage.listEvents().map(({ type, data }) => ({ type, ...data }));
}

/** Leaves an actor of version 1 behind, printing or not. */
async function leaveBehind(printing: boolean): Promise<void> {
  const worker = await world.start([defineActor(slow)]);
  await world.storage.commands.start(address, null, 'start');
  if (printing) await print('left behind');
  await vi.waitFor(async () => {
    expect(await world.storage.commits.load(address)).toBeDefined();
    expect(answer === undefined).toBe(!printing);
  });
  await worker.stop();
  answer = undefined;
}

it('an actor that is pinned runs its version, with its effects, until it ends', async () => {
  await leaveBehind(false);
  await world.start([defineActor({ ...quick, earlier: [slow] })]);
  await print('one');
  await vi.waitFor(() => {
    expect(answer).toBeDefined();
  });
  answer?.('slowly');
  await vi.waitFor(() => {
    expect(told()).toEqual([{ type: 'printed', page: 'slowly', by: 1 }]);
  });
});

it('an actor is migrated in the moment in which nothing of it is under way, and not before', async () => {
  await leaveBehind(true);
  const whenChanged = 'migrateWhenQuiet';
  await world.start([
    defineActor({ ...quick, earlier: [slow], migrations: { 1: same }, whenChanged }),
  ]);
  await vi.waitFor(() => {
    expect(told()).toEqual([
      { type: 'jammed', code: 'SB_EFFECT_INTERRUPTED', by: 1 },
      { type: 'actorMigrated', from: 1, to: 2 },
    ]);
  });
  await print('two');
  await vi.waitFor(() => {
    expect(told().at(-1)).toEqual({ type: 'printed', page: 'page of 2, quickly', by: 2 });
  });
});

it('an effect that must not happen twice does not, though its actor is migrated under it', async () => {
  await leaveBehind(true);
  await world.start([defineActor({ ...quick, migrations: { 1: same } })]);
  await vi.waitFor(() => {
    expect(told()).toEqual([
      { type: 'actorMigrated', from: 1, to: 2 },
      { type: 'jammed', code: 'SB_EFFECT_INTERRUPTED', by: 2 },
    ]);
  });
});

it('a pool effect is the one its version meant, or the newest of its name', () => {
  const actor = registerActor(defineActor({ ...quick, earlier: [slow] }));
  expect(findEffect(actor, 1, 'print')).toBe(slow.effects?.['print']);
  expect(findEffect(actor, 2, 'print')).toBe(quick.effects?.['print']);
  expect(findEffect(registerActor(defineActor(quick)), 1, 'print')).toBe(quick.effects?.['print']);
});
