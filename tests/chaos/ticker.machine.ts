/** Waits a number of times, and ends. A snooze cancels the timer that it waits for and sets it anew. */
import { assign, emit, setup } from 'xstate';

export interface TickerContext {
  readonly delayMs: number;
  readonly rounds: number;
  readonly ticks: number;
}

export type TickerInput = { readonly delayMs: number; readonly rounds: number };

export const tickerMachine = setup({
  types: {
    context: {} as TickerContext,
    input: {} as TickerInput,
    events: {} as { readonly type: 'snooze' },
  },
  delays: { pause: ({ context }) => context.delayMs },
  guards: { isLast: ({ context }) => context.ticks + 1 >= context.rounds },
  actions: { tick: assign({ ticks: ({ context }) => context.ticks + 1 }) },
}).createMachine({
  context: ({ input }) => ({ ...input, ticks: 0 }),
  initial: 'waiting',
  states: {
    waiting: {
      entry: emit(({ context }) => ({ type: 'timerSet', after: context.ticks })),
      after: {
        pause: [
          { guard: 'isLast', target: 'done', actions: 'tick' },
          { target: 'waiting', reenter: true, actions: 'tick' },
        ],
      },
      on: { snooze: { target: 'waiting', reenter: true } },
    },
    done: { type: 'final' },
  },
});
