/**
 * Carries one run from its goal to a merged change by fixed rules: starts the session, verifies what it
 * hands over, commits, pushes, gives the merge request to its manager, and cleans up. Steers the session
 * when its change does not pass; the manager steers it when the forge asks for something.
 */
import { assign, emit, enqueueActions } from 'xstate';
import * as plan from './coordinator.context.ts';
import { coordinatorSetup, failWith, receiving } from './coordinator.setup.ts';
import { describeFailedProof } from './proof.ts';

export const coordinatorMachine = coordinatorSetup.createMachine({
  id: 'coordinator',
  context: ({ input }) => plan.createCoordinatorContext(input),
  output: ({ context }) => context.end ?? { outcome: 'failed', reason: 'ended without a reason' },
  initial: 'preparing',
  states: {
    preparing: {
      entry: emit(({ context: { input } }) => ({
        type: 'runStarted',
        goal: input.spec.goal,
        repository: input.spec.repository,
        workflow: input.spec.workflow,
        source: input.spec.source,
      })),
      invoke: {
        src: 'prepareRun',
        input: ({ context: { input } }) => ({
          repository: input.spec.repository,
          workflow: input.spec.workflow,
          ...(input.spec.baseBranch === undefined ? {} : { baseBranch: input.spec.baseBranch }),
        }),
        onDone: { target: 'running', actions: assign(({ event }) => ({ prepared: event.output })) },
        onError: { target: 'failed', actions: failWith('the run cannot start') },
      },
    },
    running: {
      entry: [
        assign({ session: 'live' }),
        emit(({ context }) => ({ type: 'sessionStarted', ...plan.describeSession(context) })),
      ],
      invoke: {
        src: 'session',
        id: 'session',
        input: ({ context }) => plan.createSessionInput(context),
        onDone: {
          target: '.ending',
          actions: assign(({ context, event }) => plan.noteSessionEnd(context, event.output)),
        },
        onError: {
          target: '.ending',
          actions: [assign({ session: 'ended' }), failWith('the session broke')],
        },
      },
      on: {
        'xstate.done.actor.merge-request': {
          target: '.finishing',
          actions: assign(({ event }) => ({ mergeRequest: 'ended', end: { ...event.output } })),
        },
        'xstate.error.actor.merge-request': {
          target: '.ending',
          actions: [assign({ mergeRequest: 'ended' }), failWith('the merge request manager broke')],
        },
      },
      initial: 'awaitingHandoff',
      states: {
        awaitingHandoff: {
          on: {
            receiveHandoff: receiving,
            reworkRefused: {
              target: 'ending',
              actions: {
                type: 'end',
                params: ({ event }) => ({
                  outcome: 'failed',
                  reason: `the change cannot be mended: ${event.reason}`,
                }),
              },
            },
          },
        },
        verifying: {
          invoke: {
            src: 'verifyChange',
            input: ({ context }) => plan.createVerifyInput(context),
            onDone: [
              {
                guard: { type: 'isPassed', params: ({ event }) => event.output },
                target: 'committing',
                actions: [
                  assign(({ event }) => ({ proof: event.output, failedProofs: 0 })),
                  emit(({ event }) => plan.describeProof(event.output)),
                ],
              },
              {
                guard: 'hasAttemptsLeft',
                target: 'awaitingHandoff',
                actions: enqueueActions(({ context, event, enqueue }) => {
                  const reason = describeFailedProof(event.output);
                  const attempt = context.failedProofs + 1;
                  enqueue.emit(plan.describeProof(event.output));
                  enqueue.emit({ type: 'reworkRequested', reason, attempt });
                  enqueue.assign({ failedProofs: attempt });
                  const to = plan.sessionAddress(context.input.run);
                  const request = `proof-${event.output.round}`;
                  const command = { type: 'steer', text: reason, from: 'the coordinator', request };
                  enqueue({ type: 'sendCommand', params: { to, command } });
                  enqueue({ type: 'sendCommand', params: { to, command: { type: 'park' } } });
                }),
              },
              {
                target: 'ending',
                actions: [
                  emit(({ event }) => plan.describeProof(event.output)),
                  assign(({ event }) => ({
                    end: { outcome: 'failed', reason: describeFailedProof(event.output) },
                  })),
                ],
              },
            ],
            onError: { target: 'ending', actions: failWith('the change cannot be verified') },
          },
        },
        committing: {
          invoke: {
            src: 'commitChange',
            input: ({ context }) => plan.createCommitInput(context),
            onDone: {
              target: 'pushing',
              actions: enqueueActions(({ context, event, enqueue }) => {
                const commits = [...context.commits, event.output.sha];
                const subject = context.delivery?.handoff.commit.subject ?? '';
                enqueue.assign({ commits });
                enqueue.emit({
                  type: 'changeCommitted',
                  sha: event.output.sha,
                  subject,
                  commits: commits.length,
                });
              }),
            },
            onError: { target: 'ending', actions: failWith('the change cannot be committed') },
          },
        },
        pushing: {
          invoke: {
            src: 'pushBranch',
            input: ({ context }) => plan.createPushInput(context),
            onDone: {
              target: 'reporting',
              actions: emit(({ context, event }) => ({
                type: 'branchPushed',
                sha: event.output.sha,
                branch: plan.branchOf(context.input.run),
              })),
            },
            onError: { target: 'ending', actions: failWith('the branch cannot be pushed') },
          },
        },
        reporting: {
          always: { guard: 'isWithoutTests', target: 'delivering' },
          invoke: {
            src: 'reportCheck',
            input: ({ context }) => plan.createReportInput(context),
            onDone: 'delivering',
            onError: { target: 'ending', actions: failWith('the check cannot be reported') },
          },
        },
        delivering: {
          // The session waits for this before it reads anything else: nobody edits what is being delivered.
          exit: [
            {
              type: 'sendCommand',
              params: ({ context }) => ({
                to: plan.sessionAddress(context.input.run),
                command: { type: 'park' },
              }),
            },
            emit(({ context }) => ({
              type: 'changeHandedToMergeRequest',
              sha: context.commits.at(-1) ?? '',
            })),
          ],
          always: [
            {
              guard: 'hasMergeRequest',
              target: 'watching',
              actions: {
                type: 'sendCommand',
                params: ({ context }) => ({
                  to: plan.mergeRequestAddress(context.input.run),
                  command: {
                    type: 'changesDelivered',
                    headSha: context.commits.at(-1) ?? '',
                    answered: context.delivery?.answered ?? [],
                  },
                }),
              },
            },
            {
              target: 'watching',
              actions: enqueueActions(({ context, enqueue }) => {
                enqueue.spawnChild('mergeRequest', {
                  id: 'merge-request',
                  input: plan.createMergeRequestInput(context),
                });
                enqueue.assign({ mergeRequest: 'open' });
              }),
            },
          ],
        },
        watching: {
          on: {
            receiveHandoff: receiving,
            reworkRefused: {
              actions: {
                type: 'sendCommand',
                params: ({ context, event }) => ({
                  to: plan.mergeRequestAddress(context.input.run),
                  command: { type: 'changesFailed', reason: event.reason },
                }),
              },
            },
          },
        },
        /** The merge request has ended: the session may clean up when there is nothing left to do for it. */
        finishing: {
          always: [
            { guard: 'isEscalated', target: 'ending' },
            { guard: 'isSettled', target: '#coordinator.closing' },
          ],
          entry: enqueueActions(({ context, enqueue }) => {
            if (context.end?.outcome === 'escalated' || context.session !== 'live') return;
            const to = plan.sessionAddress(context.input.run);
            enqueue({
              type: 'sendCommand',
              params: { to, command: { type: 'complete', reason: context.end?.reason ?? '' } },
            });
          }),
          on: {
            'xstate.done.actor.session': {
              target: '#coordinator.closing',
              actions: assign({ session: 'ended' }),
            },
          },
        },
        /** Something went wrong: whoever still works for this run is told, and waited for. */
        ending: {
          entry: enqueueActions(({ context, enqueue }) => {
            const reason = context.end?.reason ?? '';
            const { run } = context.input;
            if (context.session === 'live') {
              enqueue({
                type: 'sendCommand',
                params: { to: plan.sessionAddress(run), command: { type: 'kill', reason } },
              });
            }
            if (context.mergeRequest === 'open') {
              enqueue({
                type: 'sendCommand',
                params: {
                  to: plan.mergeRequestAddress(run),
                  command: { type: 'escalate', reason },
                },
              });
            }
          }),
          always: { guard: 'isSettled', target: '#coordinator.closing' },
          on: {
            'xstate.done.actor.session': { actions: assign({ session: 'ended' }) },
            'xstate.done.actor.merge-request': {
              actions: assign(({ context, event: { output } }) => ({
                mergeRequest: 'ended',
                // It was too late to stop the merge: what the run has done is what counts.
                end: output.outcome === 'merged' ? output : context.end,
              })),
            },
          },
        },
      },
    },
    closing: { always: [{ guard: 'isGood', target: 'completed' }, { target: 'failed' }] },
    completed: {
      type: 'final',
      entry: emit(({ context }) => plan.describeEnd('runCompleted', context.end)),
    },
    failed: {
      type: 'final',
      entry: emit(({ context }) => plan.describeEnd('runFailed', context.end)),
    },
  },
});
