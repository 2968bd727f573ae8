/**
 * An actor with a local effect in flight that ends only when it is repeated: what a worker holds in memory while it
 * waits for the outside, and what the next one finds under way after a crash.
 */
import { assign, setup } from 'xstate';
import { z } from 'zod';
import { defineActor, effectSource } from '../runtime/core/definition.ts';
import { localEffect } from '../runtime/core/effect-definition.ts';

const aDayMs = 24 * 60 * 60 * 1_000;

const waiterMachine = setup({
  types: { context: {} as { readonly moves: number } },
  actors: { wait: effectSource<{ readonly moves: number }, null>() },
}).createMachine({
  context: { moves: 0 },
  initial: 'waiting',
  states: {
    waiting: {
      invoke: {
        id: 'wait',
        src: 'wait',
        input: ({ context }) => ({ moves: context.moves }),
        onDone: {
          target: 'waiting',
          reenter: true,
          actions: assign({ moves: ({ context }) => context.moves + 1 }),
        },
      },
    },
  },
});

export const waiter = defineActor({
  kind: 'waiter',
  version: 1,
  machine: waiterMachine,
  effects: {
    wait: localEffect({
      input: z.object({ moves: z.number() }),
      deadlineMs: aDayMs,
      whenUnknown: 'retry',
      run: (_, { attempt, signal }) => (attempt > 1 ? Promise.resolve(null) : never(signal)),
    }),
  },
});

function never(signal: AbortSignal): Promise<null> {
  return new Promise((_, reject) => {
    const fail = (): void => {
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', fail, { once: true });
  });
}
