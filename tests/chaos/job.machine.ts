/**
 * Work outside and work given away: a local and a pool effect that must not run twice, a pool effect that may, and a
 * child that has an effect and a timer of its own.
 */
import { assign, emit, setup } from 'xstate';
import { childSource, effectSource } from '../../runtime/core/definition.ts';

/** `interrupted`: a worker died over it, and whether it has run is not known. */
export type Outcome = 'pending' | 'done' | 'interrupted';

export interface JobContext {
  readonly note: Outcome;
  readonly charge: Outcome;
  readonly stamped: string;
  readonly errand: string;
}

export const jobMachine = setup({
  types: { context: {} as JobContext },
  actors: {
    note: effectSource<string, string>(),
    stamp: effectSource<string, string>(),
    charge: effectSource<string, string>(),
    errand: childSource<null, { readonly stamped: string }>(),
  },
}).createMachine({
  context: { note: 'pending', charge: 'pending', stamped: '', errand: '' },
  initial: 'noting',
  states: {
    noting: {
      entry: emit({ type: 'jobBegun' }),
      invoke: {
        src: 'note',
        input: 'note',
        onDone: { target: 'stamping', actions: assign({ note: 'done' }) },
        onError: { target: 'stamping', actions: assign({ note: 'interrupted' }) },
      },
    },
    stamping: {
      entry: emit(({ context }) => ({ type: 'noted', outcome: context.note })),
      invoke: {
        src: 'stamp',
        input: 'stamp',
        onDone: { target: 'charging', actions: assign({ stamped: ({ event }) => event.output }) },
      },
    },
    charging: {
      entry: emit({ type: 'stamped' }),
      invoke: {
        src: 'charge',
        input: 'charge',
        onDone: { target: 'delegating', actions: assign({ charge: 'done' }) },
        onError: { target: 'delegating', actions: assign({ charge: 'interrupted' }) },
      },
    },
    delegating: {
      entry: emit(({ context }) => ({ type: 'charged', outcome: context.charge })),
      invoke: {
        src: 'errand',
        id: 'errand',
        input: null,
        onDone: {
          target: 'done',
          actions: assign({ errand: ({ event }) => event.output.stamped }),
        },
      },
    },
    done: { type: 'final' },
  },
});

export const errandMachine = setup({
  types: {
    context: {} as { readonly stamped: string },
    output: {} as { readonly stamped: string },
  },
  actors: { stamp: effectSource<string, string>() },
  delays: { rest: 300 },
}).createMachine({
  context: { stamped: '' },
  initial: 'stamping',
  output: ({ context }) => ({ stamped: context.stamped }),
  states: {
    stamping: {
      entry: emit({ type: 'errandBegun' }),
      invoke: {
        src: 'stamp',
        input: 'errand',
        onDone: { target: 'resting', actions: assign({ stamped: ({ event }) => event.output }) },
      },
    },
    resting: {
      entry: emit({ type: 'stamped' }),
      after: { rest: 'done' },
    },
    done: { type: 'final' },
  },
});
