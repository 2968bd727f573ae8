/**
 * An approval that may take weeks: a person is asked, reminded after two days, her deputy is asked after five,
 * and after fourteen the request expires. While it waits it costs one stored message and no memory.
 */
import { assign, emit, setup } from 'xstate';
import { defineActor } from '../../runtime/mod.ts';

const dayMs = 24 * 60 * 60 * 1_000;

type Input = { readonly what: string; readonly approver: string; readonly deputy: string };
type Context = Input & { readonly asked: readonly string[]; readonly decidedBy: string };
type Command =
  | { readonly type: 'approve'; readonly by: string }
  | { readonly type: 'reject'; readonly by: string; readonly reason: string };

const approvalMachine = setup({
  types: { context: {} as Context, input: {} as Input, events: {} as Command },
  // Named, so that the timers keep their ids when a delay is changed.
  delays: { reminder: 2 * dayMs, escalation: 5 * dayMs, expiry: 14 * dayMs },
  guards: {
    wasAsked: ({ context, event }) => 'by' in event && context.asked.includes(event.by),
  },
  actions: {
    decide: assign({ decidedBy: ({ event }) => ('by' in event ? event.by : '') }),
  },
}).createMachine({
  context: ({ input }) => ({ ...input, asked: [input.approver], decidedBy: '' }),
  initial: 'waiting',
  states: {
    waiting: {
      entry: emit(({ context }) => ({ type: 'approvalAsked', of: context.approver })),
      after: {
        reminder: { actions: emit(({ context }) => ({ type: 'reminded', who: context.asked })) },
        escalation: {
          actions: [
            assign({ asked: ({ context }) => [...context.asked, context.deputy] }),
            emit(({ context }) => ({ type: 'approvalAsked', of: context.deputy })),
          ],
        },
        expiry: 'expired',
      },
      on: {
        approve: { guard: 'wasAsked', target: 'approved', actions: 'decide' },
        reject: {
          guard: 'wasAsked',
          target: 'rejected',
          actions: [
            'decide',
            emit(({ event }) => ({ type: 'rejectionReasoned', reason: event.reason })),
          ],
        },
      },
    },
    approved: {
      entry: emit(({ context }) => ({ type: 'approvalGiven', by: context.decidedBy })),
      type: 'final',
    },
    rejected: {
      entry: emit(({ context }) => ({ type: 'approvalRefused', by: context.decidedBy })),
      type: 'final',
    },
    expired: { entry: emit({ type: 'approvalExpired' }), type: 'final' },
  },
});

export const approval = defineActor({ kind: 'approval', version: 1, machine: approvalMachine });
