/**
 * The parts that the MR manager's machine is put together from: its types, effect sources, named actions
 * and guards, and the states it has in two places.
 */
import { assign, enqueueActions, setup } from 'xstate';
import type { z } from 'zod';
import { describeEffectError, effectSource, sendCommand } from '../../runtime/mod.ts';
import type { MergeOutcome } from '../ports/forge.ts';
import * as rules from './merge-request.context.ts';
import type { MergeRequestContext, Observation } from './merge-request.context.ts';
import type * as effects from './merge-request.effects.ts';
import type { MergeRequestCommand, MergeRequestEvent } from './merge-request.events.ts';
import type { MergeRequestEnd, MergeRequestInput } from './merge-request.schema.ts';

interface InContext {
  readonly context: MergeRequestContext;
}

export const mergeRequestSetup = setup({
  types: {
    context: {} as MergeRequestContext,
    events: {} as MergeRequestCommand,
    emitted: {} as MergeRequestEvent,
    input: {} as MergeRequestInput,
    output: {} as MergeRequestEnd,
  },
  actors: {
    openMergeRequest: effectSource<
      z.infer<typeof effects.openSchema>,
      effects.OpenedMergeRequest
    >(),
    observe: effectSource<z.infer<typeof effects.observeSchema>, Observation>(),
    reply: effectSource<z.infer<typeof effects.replySchema>, null>(),
    merge: effectSource<z.infer<typeof effects.mergeSchema>, MergeOutcome>(),
    deleteSourceBranch: effectSource<{ repository: string; number: number }, null>(),
  },
  actions: {
    sendCommand,
    end: assign((_, end: MergeRequestEnd) => ({ end })),
  },
  guards: {
    isMerged: ({ context }) => context.forgeState === 'merged',
    isClosed: ({ context }) => context.forgeState === 'closed',
    wantsChanges: ({ context }) =>
      context.feedback.length > 0 || rules.findFailedCheck(context) !== undefined,
    hasRoundsLeft: ({ context: { round, input } }) => round < input.policy.maxReviewRounds,
    isReviewMissing: ({ context }) => !rules.isReviewSatisfied(context),
    areChecksMissing: ({ context }) => !rules.areChecksPassed(context),
    isReviewed: ({ context }) => rules.isReviewSatisfied(context),
    mayMerge: ({ context }) => context.input.policy.merge === 'whenGreen',
    hasMerged: (_, outcome: MergeOutcome) => outcome.status === 'merged',
    mayTryAgain: ({ context }, outcome: MergeOutcome) =>
      context.end === null && outcome.status === 'refused' && outcome.reason === 'headMoved',
    isAnswered: ({ context }, requests: readonly string[]) =>
      requests.includes(rules.requestOf(context.round)),
    isLeftOpenTold: ({ context }) => context.leftOpenSha === context.headSha,
  },
  delays: {
    /** Cheap calls to the forge's API; what happens through Signalbox itself is told at once. */
    lookEvery: 15_000,
  },
});

export const reference = ({ context }: InContext) => ({
  repository: context.input.repository,
  number: context.number ?? 0,
});

export const escalateWith = (what: string) => ({
  type: 'end' as const,
  params: ({ event }: { readonly event: { readonly error: unknown } }) => {
    const reason = `${what}: ${describeEffectError(event.error)}`;
    return { outcome: 'escalated' as const, reason };
  },
});

/** A state that looks at the forge and then goes where the rules of `deciding` send it. */
export const looking = mergeRequestSetup.createStateConfig({
  invoke: {
    src: 'observe',
    input: ({ context }) => ({ ...reference({ context }), commentsRead: context.commentsRead }),
    onDone: {
      target: 'deciding',
      actions: enqueueActions(({ context, event, enqueue }) => {
        for (const { id, author, verdict, body } of event.output.comments) {
          enqueue.emit({ type: 'reviewReceived', comment: id, author, verdict, body });
        }
        enqueue.assign(() => rules.takeObservation(context, event.output));
      }),
    },
    onError: {
      target: '#mergeRequest.escalated',
      actions: escalateWith('the forge cannot be read'),
    },
  },
});

/** A look while the session works: only whether a person has ended it; what was said is read later, at once. */
export const glancing = mergeRequestSetup.createStateConfig({
  invoke: {
    src: 'observe',
    input: ({ context }) => ({
      ...reference({ context }),
      commentsRead: context.commentsRead,
    }),
    onDone: {
      target: 'deciding',
      actions: assign(({ context, event }) => rules.takeForgeState(context, event.output)),
    },
    onError: {
      target: '#mergeRequest.escalated',
      actions: escalateWith('the forge cannot be read'),
    },
  },
});

/** A state that costs nothing: a stored message and a stored timer. */
export const waiting = mergeRequestSetup.createStateConfig({
  on: { forgeChanged: 'looking', changesDelivered: 'looking' },
  after: { lookEvery: 'looking' },
});

export const forgeEnds = [
  { guard: 'isMerged' as const, target: '#mergeRequest.merged' },
  { guard: 'isClosed' as const, target: '#mergeRequest.closed' },
];

export const asksForChanges = {
  guard: 'wantsChanges' as const,
  target: '#mergeRequest.addressingReview',
};
