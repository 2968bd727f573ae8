/**
 * Owns one merge request from its opening to its end. Looks at the forge when told that something
 * happened and every few seconds besides; steers the session with exactly what happened; merges when
 * the policy's gates are met. It never calls a model.
 */
import { assign, emit, enqueueActions, setup } from 'xstate';
import type { z } from 'zod';
import { effectSource, readEffectError, sendCommand } from '../../runtime/mod.ts';
import type { MergeOutcome } from '../ports/forge.ts';
import * as rules from './merge-request.context.ts';
import type { MergeRequestContext, Observation } from './merge-request.context.ts';
import type * as effects from './merge-request.effects.ts';
import type { MergeRequestCommand, MergeRequestEvent } from './merge-request.events.ts';
import type { MergeRequestEnd, MergeRequestInput } from './merge-request.schema.ts';

interface InContext {
  readonly context: MergeRequestContext;
}

const mergeRequestSetup = setup({
  types: {
    context: {} as MergeRequestContext,
    events: {} as MergeRequestCommand,
    emitted: {} as MergeRequestEvent,
    input: {} as MergeRequestInput,
    output: {} as MergeRequestEnd,
  },
  actors: {
    openMergeRequest: effectSource<z.infer<typeof effects.openSchema>, effects.OpenedMergeRequest>(),
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
    isReviewed: ({ context }) => rules.isReviewSatisfied(context),
    isGreen: ({ context }) => rules.isReviewSatisfied(context) && rules.areChecksPassed(context),
    mayMerge: ({ context }) => context.input.policy.merge === 'whenGreen',
    isLeftOpenTold: ({ context }) => context.leftOpenSha === context.headSha,
  },
  delays: {
    /** Cheap calls to the forge's API; what happens through Signalbox itself is told at once. */
    lookEvery: 15_000,
  },
});

const reference = ({ context }: InContext) => ({
  repository: context.input.repository,
  number: context.number ?? 0,
});

const escalateWith = (what: string) => ({
  type: 'end' as const,
  params: ({ event }: { readonly event: { readonly error: unknown } }) => {
    const { code, message } = readEffectError(event.error);
    return { outcome: 'escalated' as const, reason: `${what}: ${message} (${code})` };
  },
});

/** A state that looks at the forge and then goes where the rules of `deciding` send it. */
const looking = mergeRequestSetup.createStateConfig({
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
    onError: { target: '#mergeRequest.escalated', actions: escalateWith('the forge cannot be read') },
  },
});

/** A state that costs nothing: a stored message and a stored timer. */
const waiting = mergeRequestSetup.createStateConfig({
  on: { forgeChanged: 'looking', changesDelivered: 'looking' },
  after: { lookEvery: 'looking' },
});

const forgeEnds = [
  { guard: 'isMerged' as const, target: '#mergeRequest.merged' },
  { guard: 'isClosed' as const, target: '#mergeRequest.closed' },
  { guard: 'wantsChanges' as const, target: '#mergeRequest.addressingReview' },
];

export const mergeRequestMachine = mergeRequestSetup.createMachine({
  id: 'mergeRequest',
  context: ({ input }) => rules.createMergeRequestContext(input),
  output: ({ context }) => context.end ?? { outcome: 'escalated', reason: 'ended without a reason' },
  initial: 'opening',
  on: {
    escalate: {
      target: '.escalated',
      actions: { type: 'end', params: ({ event }) => ({ outcome: 'escalated', reason: event.reason }) },
    },
  },
  states: {
    opening: {
      invoke: {
        src: 'openMergeRequest',
        input: ({ context: { input } }) => ({
          repository: input.repository,
          sourceBranch: input.sourceBranch,
          targetBranch: input.targetBranch,
          title: input.title,
          body: input.body,
        }),
        onDone: {
          target: 'awaitingReview',
          actions: enqueueActions(({ context: { input }, event, enqueue }) => {
            const { number, link, headSha } = event.output;
            enqueue.assign({ number, headSha });
            const { repository, title } = input;
            enqueue.emit({ type: 'mergeRequestOpened', repository, number, link, title, headSha });
          }),
        },
        onError: { target: 'escalated', actions: escalateWith('the merge request cannot be opened') },
      },
    },
    awaitingReview: {
      initial: 'looking',
      states: {
        looking,
        deciding: { always: [...forgeEnds, { guard: 'isReviewed', target: '#mergeRequest.awaitingChecks' }, 'waiting'] },
        waiting,
      },
    },
    addressingReview: {
      initial: 'asking',
      states: {
        asking: {
          always: [
            {
              guard: 'hasRoundsLeft',
              target: 'working',
              actions: enqueueActions(({ context, enqueue }) => {
                const text = rules.describeFeedback(context);
                const command = { type: 'steer', text, from: 'the merge request' };
                enqueue({ type: 'sendCommand', params: { to: context.input.session, command } });
                enqueue.assign({ round: context.round + 1, feedback: [], checks: [] });
                enqueue.emit({ type: 'changesRequested', round: context.round + 1, reason: text });
              }),
            },
            {
              target: '#mergeRequest.escalated',
              actions: {
                type: 'end',
                params: ({ context: { round } }) => ({
                  outcome: 'escalated',
                  reason: `after ${round} rounds of changes there is still something to change`,
                }),
              },
            },
          ],
        },
        working: {
          on: {
            changesDelivered: {
              target: 'replying',
              actions: [
                assign(({ event }) => ({ headSha: event.headSha })),
                emit(({ context, event }) => ({
                  type: 'changesAddressed',
                  round: context.round,
                  headSha: event.headSha,
                })),
              ],
            },
            changesFailed: {
              target: '#mergeRequest.escalated',
              actions: { type: 'end', params: ({ event }) => ({ outcome: 'escalated', reason: event.reason }) },
            },
          },
        },
        replying: {
          invoke: {
            src: 'reply',
            input: ({ context }) => ({
              ...reference({ context }),
              body: `Addressed in ${context.headSha.slice(0, 12)}.`,
            }),
            onDone: '#mergeRequest.awaitingReview',
            onError: { target: '#mergeRequest.escalated', actions: escalateWith('the review cannot be answered') },
          },
        },
      },
    },
    awaitingChecks: {
      initial: 'looking',
      states: {
        looking,
        deciding: {
          always: [
            ...forgeEnds,
            { guard: ({ context }) => !rules.isReviewSatisfied(context), target: '#mergeRequest.awaitingReview.waiting' },
            { guard: ({ context }) => !rules.areChecksPassed(context), target: 'waiting' },
            {
              guard: 'mayMerge',
              target: '#mergeRequest.merging',
              actions: emit(({ context }) => ({
                type: 'checksPassed',
                headSha: context.headSha,
                checks: context.input.policy.requiredChecks,
              })),
            },
            { guard: 'isLeftOpenTold', target: 'waiting' },
            {
              target: 'waiting',
              actions: [
                assign(({ context }) => ({ leftOpenSha: context.headSha })),
                emit({
                  type: 'mergeRequestLeftOpen',
                  reason: 'the checks have passed, and the policy of this run leaves the merge to a person',
                }),
              ],
            },
          ],
        },
        waiting,
      },
    },
    merging: {
      initial: 'requesting',
      entry: emit(({ context }) => ({ type: 'mergeStarted', headSha: context.headSha })),
      states: {
        requesting: {
          invoke: {
            src: 'merge',
            input: ({ context }) => ({
              ...reference({ context }),
              headSha: context.headSha,
              message: `Merge request ${context.number ?? ''}: ${context.input.title}`,
            }),
            onDone: [
              {
                guard: ({ event }) => event.output.status === 'merged',
                target: 'cleaning',
                actions: assign(({ event }) => {
                  const mergeSha = event.output.status === 'merged' ? event.output.sha : null;
                  return { mergeSha, end: { outcome: 'merged', reason: `merged as ${mergeSha}` } };
                }),
              },
              {
                guard: ({ event }) => event.output.status === 'refused' && event.output.reason === 'headMoved',
                target: '#mergeRequest.awaitingChecks',
              },
              {
                target: '#mergeRequest.escalated',
                actions: assign(({ event }) => ({
                  end: {
                    outcome: 'escalated',
                    reason: event.output.status === 'refused' ? `the merge was refused: ${event.output.detail}` : '',
                  },
                })),
              },
            ],
            onError: { target: '#mergeRequest.escalated', actions: escalateWith('the merge failed') },
          },
        },
        cleaning: {
          invoke: {
            src: 'deleteSourceBranch',
            input: reference,
            // The merge is what counts: a branch that stays is no reason to say otherwise.
            onDone: '#mergeRequest.merged',
            onError: '#mergeRequest.merged',
          },
        },
      },
    },
    merged: {
      type: 'final',
      entry: emit(({ context }) => ({
        type: 'mergeRequestMerged',
        sha: context.mergeSha ?? context.headSha,
      })),
    },
    closed: {
      type: 'final',
      entry: emit(({ context }) => ({ type: 'mergeRequestClosed', reason: context.end?.reason ?? '' })),
    },
    escalated: {
      type: 'final',
      entry: emit(({ context }) => ({ type: 'mergeRequestEscalated', reason: context.end?.reason ?? '' })),
    },
  },
});
