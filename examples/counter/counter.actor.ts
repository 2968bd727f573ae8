/** A counter that survives: the smallest durable actor. No effects, one command, one event. */
import { assign, emit, setup } from 'xstate';
import { defineActor } from '../../runtime/mod.ts';

type CounterCommand = { readonly type: 'add'; readonly amount: number };

const counterMachine = setup({
  types: { context: {} as { readonly total: number }, events: {} as CounterCommand },
}).createMachine({
  context: { total: 0 },
  on: {
    add: {
      actions: [
        assign({ total: ({ context, event }) => context.total + event.amount }),
        emit(({ context }) => ({ type: 'counted', total: context.total })),
      ],
    },
  },
});

export const counter = defineActor({ kind: 'counter', version: 1, machine: counterMachine });
