/**
 * A small world that uses everything a commit can cause: a local effect, a pool effect, a child, timers, events and
 * commands to another actor. However often its workers die, what happens must be the same.
 */
import { assign, emit, setup } from 'xstate';
import { z } from 'zod';
import type { StoredEvent } from '../contract/event.ts';
import type { Json } from '../contract/json.ts';
import { childSource, defineActor, effectSource } from '../core/definition.ts';
import { localEffect, poolEffect } from '../core/effect-definition.ts';
import type { CommandSender } from '../core/ports.ts';
import { sendCommand } from '../core/send-command.ts';

const restMs = 40;
const ledgerAddress = { kind: 'ledger', id: 'main' };
const record = {
  type: 'sendCommand',
  params: { to: ledgerAddress, command: { type: 'record' } },
} as const;

const ledger = defineActor({
  kind: 'ledger',
  version: 1,
  machine: setup({
    types: { context: {} as { count: number }, events: {} as { type: 'record' } },
  }).createMachine({
    context: { count: 0 },
    on: {
      record: {
        actions: [
          assign({ count: ({ context }) => context.count + 1 }),
          emit(({ context }) => ({ type: 'recorded', count: context.count })),
        ],
      },
    },
  }),
});

const cook = defineActor({
  kind: 'cook',
  version: 1,
  machine: setup({
    types: {
      context: {} as { dish: string },
      input: {} as { dish: string },
      output: {} as { dish: string },
    },
    actors: { bake: effectSource<string, string>() },
    delays: { rest: restMs },
  }).createMachine({
    context: ({ input }) => ({ dish: input.dish }),
    initial: 'baking',
    output: ({ context }) => ({ dish: context.dish }),
    states: {
      baking: {
        invoke: {
          src: 'bake',
          input: ({ context }) => context.dish,
          onDone: {
            target: 'resting',
            actions: [
              assign({ dish: ({ event }) => event.output }),
              emit(({ event }) => ({ type: 'dishBaked', dish: event.output })),
            ],
          },
        },
      },
      resting: { after: { rest: { target: 'ready', actions: emit({ type: 'dishRested' }) } } },
      ready: { type: 'final' },
    },
  }),
  effects: {
    bake: poolEffect('kitchen', {
      input: z.string(),
      deadlineMs: 10_000,
      whenUnknown: 'retry',
      run: (dish, { step }) => step('oven', async () => `baked ${dish}`),
    }),
  },
});

const order = defineActor({
  kind: 'order',
  version: 1,
  machine: setup({
    types: { context: {} as { price: number; dish: string } },
    actors: {
      price: effectSource<string, number>(),
      cook: childSource<{ dish: string }, { dish: string }>(),
    },
    actions: { sendCommand },
    delays: { wait: restMs },
  }).createMachine({
    context: { price: 0, dish: '' },
    initial: 'pricing',
    states: {
      pricing: {
        invoke: {
          src: 'price',
          input: 'pie',
          onDone: {
            target: 'cooking',
            actions: [
              assign({ price: ({ event }) => event.output }),
              emit(({ event }) => ({ type: 'orderPriced', price: event.output })),
              record,
            ],
          },
        },
      },
      cooking: {
        invoke: {
          src: 'cook',
          id: 'cook',
          input: { dish: 'pie' },
          onDone: {
            target: 'serving',
            actions: assign({ dish: ({ event }) => event.output.dish }),
          },
        },
      },
      serving: { after: { wait: 'served' } },
      served: {
        entry: [
          emit(({ context }) => ({
            type: 'orderServed',
            dish: context.dish,
            price: context.price,
          })),
          record,
        ],
        type: 'final',
      },
    },
  }),
  effects: {
    price: localEffect({
      input: z.string(),
      deadlineMs: 10_000,
      whenUnknown: 'retry',
      run: async (dish) => dish.length,
    }),
  },
  children: { cook: 'cook' },
});

export const scenarioActors = [ledger, cook, order];
export const scenarioPools = { kitchen: 2 };

/** How many commits it takes when nothing goes wrong. */
export const scenarioCommits = 10;

export async function startScenario(commands: CommandSender): Promise<void> {
  await commands.start(ledgerAddress, null, 'open');
  await commands.start({ kind: 'order', id: 'o1' }, null, 'order');
}

/** What must have happened in the end, each exactly once, in any order between actors. */
export const scenarioEvents: readonly string[] = [
  'cook/o1::cook actorEnded {}',
  'cook/o1::cook dishBaked {"dish":"baked pie"}',
  'cook/o1::cook dishRested {}',
  'ledger/main recorded {"count":1}',
  'ledger/main recorded {"count":2}',
  'order/o1 actorEnded {}',
  'order/o1 orderPriced {"price":3}',
  'order/o1 orderServed {"dish":"baked pie","price":3}',
];

export function describeScenarioEvents(events: readonly StoredEvent[]): readonly string[] {
  return events
    .map(
      (event) =>
        `${event.kind}/${event.actor} ${event.type} ${JSON.stringify(event.data satisfies Json)}`,
    )
    .sort();
}
