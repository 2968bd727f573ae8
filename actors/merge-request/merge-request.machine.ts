/**
 * Owns one merge request from its opening to its end. Looks at the forge when told that something
 * happened and every few seconds besides; steers the session with exactly what happened; merges when
 * the policy's gates are met. It never calls a model.
 */
import { assign, emit, enqueueActions } from 'xstate';
import { describeEffectError } from '../../runtime/mod.ts';
import * as rules from './merge-request.context.ts';
import {
  asksForChanges,
  escalateWith,
  forgeEnds,
  glancing,
  looking,
  mergeRequestSetup,
  reference,
  waiting,
} from './merge-request.setup.ts';

export const mergeRequestMachine = mergeRequestSetup.createMachine({
  id: 'mergeRequest',
  context: ({ input }) => rules.createMergeRequestContext(input),
  output: ({ context }) =>
    context.end ?? { outcome: 'escalated', reason: 'ended without a reason' },
  initial: 'opening',
  on: {
    escalate: {
      target: '.escalated',
      actions: {
        type: 'end',
        params: ({ event }) => ({ outcome: 'escalated', reason: event.reason }),
      },
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
        onError: {
          target: 'escalated',
          actions: escalateWith('the merge request cannot be opened'),
        },
      },
    },
    awaitingReview: {
      initial: 'looking',
      states: {
        looking,
        deciding: {
          always: [
            ...forgeEnds,
            asksForChanges,
            { guard: 'isReviewed', target: '#mergeRequest.awaitingChecks' },
            'waiting',
          ],
        },
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
                const round = context.round + 1;
                const command = {
                  type: 'steer',
                  text,
                  from: 'the merge request',
                  request: rules.requestOf(round),
                };
                enqueue({ type: 'sendCommand', params: { to: context.input.session, command } });
                enqueue.assign({ round, feedback: [], checks: [] });
                enqueue.emit({ type: 'changesRequested', round, reason: text });
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
          initial: 'waiting',
          states: {
            waiting: { on: { forgeChanged: 'looking' }, after: { lookEvery: 'looking' } },
            looking: glancing,
            deciding: { always: [...forgeEnds, 'waiting'] },
          },
          on: {
            // A delivery that was under way when changes were asked for does not answer them.
            changesDelivered: {
              guard: { type: 'isAnswered', params: ({ event }) => event.answered },
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
              actions: {
                type: 'end',
                params: ({ event }) => ({ outcome: 'escalated', reason: event.reason }),
              },
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
            onError: {
              target: '#mergeRequest.escalated',
              actions: escalateWith('the review cannot be answered'),
            },
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
            asksForChanges,
            { guard: 'isReviewMissing', target: '#mergeRequest.awaitingReview.waiting' },
            { guard: 'areChecksMissing', target: 'waiting' },
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
                  reason:
                    'the checks have passed, and the policy of this run leaves the merge to a person',
                }),
              ],
            },
          ],
        },
        waiting,
      },
    },
    merging: {
      // A merge under way cannot be called back: whether it happened decides how this ends.
      on: {
        escalate: {
          actions: assign(({ context, event }) => ({
            end: context.end ?? { outcome: 'escalated', reason: event.reason },
          })),
        },
      },
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
                guard: { type: 'hasMerged', params: ({ event }) => event.output },
                target: 'cleaning',
                actions: assign(({ event }) => {
                  const mergeSha = event.output.status === 'merged' ? event.output.sha : null;
                  return { mergeSha, end: { outcome: 'merged', reason: `merged as ${mergeSha}` } };
                }),
              },
              {
                guard: { type: 'mayTryAgain', params: ({ event }) => event.output },
                target: '#mergeRequest.awaitingChecks',
              },
              {
                target: '#mergeRequest.escalated',
                actions: assign(({ context, event }) => ({
                  end: context.end ?? {
                    outcome: 'escalated',
                    reason:
                      event.output.status === 'refused'
                        ? `the merge was refused: ${event.output.detail}`
                        : '',
                  },
                })),
              },
            ],
            onError: {
              target: '#mergeRequest.escalated',
              actions: escalateWith('the merge failed'),
            },
          },
        },
        cleaning: {
          invoke: {
            src: 'deleteSourceBranch',
            input: reference,
            // The merge is what counts: a branch that stays is no reason to say otherwise.
            onDone: '#mergeRequest.merged',
            onError: {
              target: '#mergeRequest.merged',
              actions: emit(({ context, event }) => ({
                type: 'sourceBranchKept',
                branch: context.input.sourceBranch,
                reason: describeEffectError(event.error),
              })),
            },
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
      entry: emit(({ context }) => ({
        type: 'mergeRequestClosed',
        reason: context.end?.reason ?? '',
      })),
    },
    escalated: {
      type: 'final',
      entry: emit(({ context }) => ({
        type: 'mergeRequestEscalated',
        reason: context.end?.reason ?? '',
      })),
    },
  },
});
