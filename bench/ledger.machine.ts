/**
 * The machine that is measured: small transitions over a snapshot of about 2 KB, the size of a session
 * between two steps. `post` moves it by command; between `run` and `halt` it moves by itself, each
 * transition the result of a local effect.
 */
import { assign, setup } from 'xstate';
import { z } from 'zod';
import { defineActor, effectSource } from '../runtime/core/definition.ts';
import { localEffect } from '../runtime/core/effect-definition.ts';

interface LedgerEntry {
  readonly id: string;
  readonly title: string;
  readonly amount: number;
  readonly open: boolean;
}

interface LedgerContext {
  readonly posted: number;
  readonly entries: readonly LedgerEntry[];
}

/** With 22 entries a commit has about 2 KB. */
const entryCount = 22;

const ledgerMachine = setup({
  types: {
    context: {} as LedgerContext,
    events: {} as { type: 'post'; amount: number } | { type: 'run' } | { type: 'halt' },
  },
  actors: { beat: effectSource<{ amount: number }, number>() },
}).createMachine({
  context: () => ({
    posted: 0,
    entries: Array.from({ length: entryCount }, (_, index) => ({
      id: `entry-${index}`,
      title: `What entry ${index} was about`,
      amount: index,
      open: true,
    })),
  }),
  initial: 'waiting',
  states: {
    waiting: {
      on: {
        post: { actions: assign(({ context, event }) => post(context, event.amount)) },
        run: 'running',
      },
    },
    running: {
      invoke: {
        id: 'beat',
        src: 'beat',
        input: { amount: 1 },
        onDone: {
          target: 'running',
          reenter: true,
          actions: assign(({ context, event }) => post(context, event.output)),
        },
      },
      on: { halt: 'waiting' },
    },
  },
});

function post(context: LedgerContext, amount: number): LedgerContext {
  const index = context.posted % entryCount;
  return {
    posted: context.posted + 1,
    entries: context.entries.map((entry, at) =>
      at === index ? { ...entry, amount: entry.amount + amount, open: !entry.open } : entry,
    ),
  };
}

export const ledger = defineActor({
  kind: 'ledger',
  version: 1,
  machine: ledgerMachine,
  effects: {
    beat: localEffect({
      input: z.object({ amount: z.number() }),
      deadlineMs: 5_000,
      whenUnknown: 'retry',
      run: ({ amount }) => Promise.resolve(amount),
    }),
  },
});
