/** Half of a pair: what it pays, the other half is told to add. Between the two nothing may get lost or be added twice. */
import { assign, emit, setup } from 'xstate';
import { sendCommand } from '../../runtime/core/send-command.ts';
import { addToTally, amountOf, emptyTally, type Tally } from './tally.ts';

export interface AccountContext {
  readonly partner: string;
  readonly balance: number;
  readonly paid: Tally;
  readonly received: Tally;
}

export type AccountCommand =
  | { readonly type: 'pay'; readonly number: number }
  | { readonly type: 'credit'; readonly number: number };

export const openingBalance = 1_000_000;

export const accountMachine = setup({
  types: {
    context: {} as AccountContext,
    input: {} as { readonly partner: string },
    events: {} as AccountCommand,
  },
  actions: { sendCommand },
}).createMachine({
  context: ({ input }) => ({
    partner: input.partner,
    balance: openingBalance,
    paid: emptyTally,
    received: emptyTally,
  }),
  entry: emit({ type: 'accountOpened' }),
  on: {
    pay: {
      actions: [
        assign({
          balance: ({ context, event }) => context.balance - amountOf(event.number),
          paid: ({ context, event }) => addToTally(context.paid, event.number),
        }),
        emit(({ event }) => ({ type: 'paid', number: event.number })),
        {
          type: 'sendCommand',
          params: ({ context, event }) => ({
            to: { kind: 'account', id: context.partner },
            command: { type: 'credit', number: event.number },
          }),
        },
      ],
    },
    credit: {
      actions: [
        assign({
          balance: ({ context, event }) => context.balance + amountOf(event.number),
          received: ({ context, event }) => addToTally(context.received, event.number),
        }),
        emit(({ event }) => ({ type: 'credited', number: event.number })),
      ],
    },
  },
});
