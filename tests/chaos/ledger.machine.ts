/** Adds up numbered commands of several senders: what it has got of each is in its state. */
import { assign, emit, setup } from 'xstate';
import { addToTally, emptyTally, type Tally } from './tally.ts';

export interface LedgerContext {
  readonly senders: Readonly<Record<string, Tally>>;
}

export type LedgerCommand = {
  readonly type: 'enter';
  readonly sender: string;
  readonly number: number;
};

export const ledgerMachine = setup({
  types: { context: {} as LedgerContext, events: {} as LedgerCommand },
}).createMachine({
  context: { senders: {} },
  entry: emit({ type: 'ledgerOpened' }),
  on: {
    enter: {
      actions: [
        assign({
          senders: ({ context: { senders }, event }) => ({
            ...senders,
            [event.sender]: addToTally(senders[event.sender] ?? emptyTally, event.number),
          }),
        }),
        emit(({ event }) => ({ type: 'entered', sender: event.sender, number: event.number })),
      ],
    },
  },
});
