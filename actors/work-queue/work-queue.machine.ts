/**
 * Gives out the slots in which sessions work, first come first served. A parked session holds none. Both
 * commands may be repeated without harm, and a session that ends while it waits leaves the line.
 */
import { assign, emit, enqueueActions, setup } from 'xstate';
import { sendCommand } from '../../runtime/mod.ts';

export type WorkQueueContext = {
  /** Sessions that may work at once. */
  readonly limit: number;
  readonly working: readonly string[];
  readonly waiting: readonly string[];
};

export type WorkQueueCommand =
  | { readonly type: 'setLimit'; readonly limit: number }
  | { readonly type: 'requestSlot'; readonly session: string }
  | { readonly type: 'releaseSlot'; readonly session: string };

export type WorkQueueEvent =
  | { readonly type: 'limitSet'; readonly limit: number }
  | {
      readonly type: 'slotGiven';
      readonly session: string;
      readonly working: number;
      readonly waiting: number;
    };

/** Moves sessions from the line to free slots. */
export function fillSlots(context: WorkQueueContext): {
  readonly context: WorkQueueContext;
  readonly given: readonly string[];
} {
  const free = Math.max(0, context.limit - context.working.length);
  const given = context.waiting.slice(0, free);
  return {
    given,
    context: {
      ...context,
      working: [...context.working, ...given],
      waiting: context.waiting.slice(free),
    },
  };
}

export const workQueueMachine = setup({
  types: {
    context: {} as WorkQueueContext,
    events: {} as WorkQueueCommand,
    emitted: {} as WorkQueueEvent,
    input: {} as { readonly limit: number },
  },
  actions: { sendCommand },
}).createMachine({
  id: 'workQueue',
  context: ({ input }) => ({ limit: input.limit, working: [], waiting: [] }),
  initial: 'open',
  states: {
    open: {},
    /** Entered after every command: gives out what is free. */
    giving: {
      entry: enqueueActions(({ context, enqueue }) => {
        const filled = fillSlots(context);
        enqueue.assign(() => filled.context);
        for (const session of filled.given) {
          const { working, waiting } = filled.context;
          enqueue.emit({
            type: 'slotGiven',
            session,
            working: working.length,
            waiting: waiting.length,
          });
          enqueue({
            type: 'sendCommand',
            params: { to: { kind: 'session', id: session }, command: { type: 'takeSlot' } },
          });
        }
      }),
      always: 'open',
    },
  },
  on: {
    setLimit: {
      target: '.giving',
      actions: [
        assign(({ event }) => ({ limit: event.limit })),
        emit(({ event }) => ({ type: 'limitSet', limit: event.limit })),
      ],
    },
    requestSlot: {
      target: '.giving',
      actions: assign(({ context: { working, waiting }, event: { session } }) => ({
        waiting:
          working.includes(session) || waiting.includes(session) ? waiting : [...waiting, session],
      })),
    },
    releaseSlot: {
      target: '.giving',
      actions: assign(({ context, event: { session } }) => ({
        working: context.working.filter((id) => id !== session),
        waiting: context.waiting.filter((id) => id !== session),
      })),
    },
  },
});
