/**
 * One agent conversation doing one unit of work, step by step. The workflow engine decides which step
 * comes next; the model and the tools are effects; the conversation itself is in the transcript.
 * Slots come from the work queue, handoffs go to the coordinator.
 */
import { assign, emit, enqueueActions } from 'xstate';
import { readEffectError } from '../../runtime/mod.ts';
import * as conversation from './session.context.ts';
import { reopen } from './session.rework.ts';
import { announceKept, askQueue, fail, failWith, sessionSetup } from './session.setup.ts';
import { callingModel, recordingHandoff, runningTool } from './session.states.ts';
import { answerCompletion, refuseCall } from './tool-answers.ts';

export const sessionMachine = sessionSetup.createMachine({
  id: 'session',
  context: ({ input }) => conversation.createSessionContext(input),
  output: ({ context }) => context.end ?? { outcome: 'killed', reason: 'ended without a reason' },
  initial: 'queued',
  on: {
    steer: [
      {
        guard: { type: 'hasRoomFor', params: ({ event }) => event },
        actions: [
          assign(({ context, event: { type: _, ...steer } }) => ({
            steers: [...context.steers, steer],
          })),
          emit(({ event: { text, from } }) => ({ type: 'steered', text, from })),
        ],
      },
      {
        actions: emit({
          type: 'steerRefused',
          reason: 'too many messages wait for this session already',
        }),
      },
    ],
    complete: {
      target: '.closing',
      actions: {
        type: 'end',
        params: ({ event }) => ({ outcome: 'completed', reason: event.reason }),
      },
    },
    kill: {
      target: '.killed',
      actions: {
        type: 'end',
        params: ({ event }) => ({ outcome: 'killed', reason: event.reason }),
      },
    },
  },
  states: {
    queued: {
      entry: [
        askQueue('requestSlot'),
        emit(({ context: { input } }) => ({
          type: 'sessionQueued',
          goal: input.goal,
          run: input.run,
          workflow: `${input.workflow.id} ${input.workflow.version}`,
        })),
      ],
      on: {
        takeSlot: [{ guard: 'hasWorktree', target: 'thinking' }, { target: 'preparing' }],
        refuseSlot: {
          target: 'failed',
          actions: {
            type: 'end',
            params: ({ event }) => ({ outcome: 'failed', code: 'queueFull', reason: event.reason }),
          },
        },
      },
    },
    preparing: {
      entry: emit(({ context: { input } }) => ({
        type: 'sessionPreparing',
        worktree: input.worktree,
        branch: input.branch,
      })),
      invoke: {
        src: 'prepareWorktree',
        input: ({ context: { input } }) => ({
          repository: input.repository.path,
          origin: input.repository.origin,
          baseBranch: input.repository.baseBranch,
          branch: input.branch,
          path: input.worktree,
        }),
        onDone: {
          target: 'thinking',
          actions: [
            assign(({ context, event }) => ({
              ...conversation.promptCurrentStep(context, 'step'),
              worktree: event.output,
            })),
            'announceStep',
          ],
        },
        onError: {
          target: 'failed',
          actions: failWith('worktreeFailed'),
        },
      },
    },
    thinking: {
      initial: 'checking',
      states: {
        checking: {
          always: [
            {
              guard: 'isOverTurns',
              target: '#session.failed',
              actions: fail('turnLimit', 'the session has used all its turns'),
            },
            {
              guard: 'isOverTokens',
              target: '#session.failed',
              actions: fail('tokenLimit', 'the session has used all its tokens'),
            },
            {
              guard: 'isStalled',
              target: '#session.failed',
              actions: fail(
                'stalled',
                'the agent talked several turns in a row without doing anything',
              ),
            },
            { target: 'calling' },
          ],
        },
        calling: callingModel,
      },
    },
    acting: {
      initial: 'choosing',
      states: {
        choosing: {
          always: [
            {
              guard: 'isExhausted',
              target: '#session.failed',
              actions: fail(
                'stepExhausted',
                'the agent could not complete a step in all its attempts',
              ),
            },
            {
              guard: { type: 'nextIs', params: 'completion' },
              target: 'choosing',
              reenter: true,
              actions: enqueueActions(({ context, enqueue }) => {
                const completed = answerCompletion(context, context.calls[0]);
                for (const event of completed.events) enqueue.emit(event);
                enqueue.assign(() => completed.context);
              }),
            },
            {
              guard: { type: 'nextIs', params: 'refused' },
              target: 'choosing',
              reenter: true,
              actions: [
                {
                  type: 'announceResult',
                  params: ({ context: { calls } }) => ({
                    tool: calls[0]?.name ?? '',
                    outcome: 'failed',
                    durationMs: 0,
                  }),
                },
                assign(({ context }) => refuseCall(context, context.calls[0])),
              ],
            },
            { guard: { type: 'nextIs', params: 'inspect' }, target: 'inspecting' },
            { guard: { type: 'nextIs', params: 'change' }, target: 'changing' },
            { guard: { type: 'nextIs', params: 'command' }, target: 'commanding' },
            { guard: 'hasHandoff', target: '#session.handingOver' },
            {
              guard: 'isFinished',
              target: '#session.failed',
              actions: fail(
                'handoffFailed',
                'the workflow has ended, and none of its steps delivers a handoff',
              ),
            },
            { target: '#session.thinking' },
          ],
        },
        inspecting: runningTool('inspectFiles'),
        changing: runningTool('changeFiles'),
        commanding: runningTool('runCommand'),
      },
    },
    handingOver: {
      initial: 'recording',
      states: {
        recording: recordingHandoff,
        delivering: { on: { park: '#session.parked' } },
      },
    },
    parked: {
      entry: [
        askQueue('releaseSlot'),
        emit(({ context }) => ({ type: 'sessionParked', round: context.workflow.round })),
      ],
      always: { guard: 'hasSteers', target: 'reopening' },
    },
    reopening: {
      entry: enqueueActions(({ context, enqueue }) => {
        const answer = reopen(context);
        if (answer.status === 'reopened') {
          enqueue.assign(() => answer.context);
          return;
        }
        const { steers, input } = context;
        const { reason } = answer;
        enqueue.assign({ steers: [] });
        enqueue.emit({ type: 'steerRefused', reason });
        if (!steers.some(({ request }) => request !== undefined)) return;
        const command = { type: 'reworkRefused', session: input.session, reason };
        enqueue({ type: 'sendCommand', params: { to: input.coordinator, command } });
      }),
      always: [
        { guard: 'isReopened', target: 'queued', actions: 'announceStep' },
        { target: 'parked' },
      ],
    },
    closing: {
      // From here on it may be gone.
      entry: assign({ worktree: null }),
      on: {
        steer: { actions: emit({ type: 'steerRefused', reason: 'the session is about to end' }) },
        // Asked for twice: the clean-up under way goes on.
        complete: {},
      },
      invoke: {
        src: 'removeWorktree',
        input: ({ context: { input } }) => ({
          repository: input.repository.path,
          path: input.worktree,
          branch: input.branch,
        }),
        onDone: {
          target: 'completed',
          actions: emit(({ context }) => ({
            type: 'worktreeRemoved',
            worktree: context.input.worktree,
          })),
        },
        onError: {
          target: 'completed',
          actions: emit(({ context, event }) => ({
            type: 'worktreeKept',
            worktree: context.input.worktree,
            reason: readEffectError(event.error).message,
          })),
        },
      },
    },
    completed: { type: 'final', entry: [askQueue('releaseSlot'), 'announceEnd'] },
    failed: { type: 'final', entry: [askQueue('releaseSlot'), announceKept, 'announceEnd'] },
    killed: { type: 'final', entry: [askQueue('releaseSlot'), announceKept, 'announceEnd'] },
  },
});
