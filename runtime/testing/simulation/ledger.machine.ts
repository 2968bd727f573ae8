/** A ledger: takes entries once each, passes entries on to another ledger, and reminds itself. It never ends. */
import { assign, cancel, emit, raise, setup } from 'xstate';
import { defineActor } from '../../core/definition.ts';
import { sendCommand } from '../../core/send-command.ts';

export interface LedgerContext {
  /** Of every entry taken; a key that is here twice was applied twice. */
  readonly keys: readonly string[];
}

type LedgerEvent =
  | { readonly type: 'record'; readonly key: string }
  /** Records, and has another ledger record `key`. */
  | { readonly type: 'pass'; readonly key: string; readonly to: string }
  | { readonly type: 'remind'; readonly delayMs: number }
  | { readonly type: 'forget' }
  | { readonly type: 'rang' }
  /** Throws. */
  | { readonly type: 'fail' };

export const ledger = defineActor({
  kind: 'ledger',
  version: 1,
  machine: setup({
    types: { context: {} as LedgerContext, events: {} as LedgerEvent },
    actions: { sendCommand },
  }).createMachine({
    context: { keys: [] },
    on: {
      record: {
        actions: [
          assign({ keys: ({ context, event }) => [...context.keys, event.key] }),
          emit(({ event }) => ({ type: 'recorded', key: event.key })),
        ],
      },
      pass: {
        actions: [
          assign({ keys: ({ context, event }) => [...context.keys, event.key] }),
          emit(({ event }) => ({ type: 'recorded', key: event.key })),
          {
            type: 'sendCommand',
            params: ({ event }) => ({
              to: { kind: 'ledger', id: event.to },
              command: { type: 'record', key: `${event.key}-passed` },
            }),
          },
          emit({ type: 'passed' }),
        ],
      },
      remind: {
        actions: raise({ type: 'rang' }, { id: 'bell', delay: ({ event }) => event.delayMs }),
      },
      forget: { actions: cancel('bell') },
      rang: { actions: emit({ type: 'bellRang' }) },
      fail: {
        actions: [
          emit({ type: 'neverSeen' }),
          assign(() => {
            throw new Error('poison');
          }),
        ],
      },
    },
  }),
});
