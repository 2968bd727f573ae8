/** States of the session that wait for one effect each: the model's answer, a tool's result, the kept handoff. */
import { assign, enqueueActions } from 'xstate';
import { readEffectError } from '../../runtime/mod.ts';
import { renderSystemPrompt } from '../../workflows/session/step-view.ts';
import { handoffSchema } from './handoff.schema.ts';
import { interruptedOrFailed } from './session.calls.ts';
import * as conversation from './session.context.ts';
import { fail, failWith, sessionSetup } from './session.setup.ts';
import { answerCall } from './tool-answers.ts';

export const callingModel = sessionSetup.createStateConfig({
  entry: assign(({ context }) => conversation.beginTurn(context)),
  invoke: {
    src: 'callModel',
    input: ({ context }) => ({
      session: context.input.session,
      turn: context.turn + 1,
      model: context.input.model,
      system: renderSystemPrompt(context.input.workflow, context.workflow) ?? '',
      tools: [...(conversation.currentStep(context)?.tools ?? []), 'complete_step'],
      unsaid: [...context.unsaid],
      maxOutputTokens: context.input.limits.maxOutputTokensPerTurn,
    }),
    onDone: [
      {
        guard: { type: 'isModelRefusal', params: ({ event }) => event.output },
        target: '#session.failed',
        actions: fail('modelRefused', 'the model refused to go on'),
      },
      {
        target: '#session.acting',
        actions: enqueueActions(({ context, event: { output }, enqueue }) => {
          const calls = output.calls.map(({ name }) => name);
          enqueue.emit({
            type: 'modelCalled',
            turn: context.turn + 1,
            calls,
            usage: { ...output.usage },
          });
          enqueue.assign(() => conversation.takeTurn(context, output));
        }),
      },
    ],
    onError: { target: '#session.failed', actions: failWith('modelFailed') },
  },
});

/** A state that runs the first tool call through one of the three tool effects. */
export const runningTool = (src: 'inspectFiles' | 'changeFiles' | 'runCommand') =>
  sessionSetup.createStateConfig({
    entry: 'announceTool',
    invoke: {
      src,
      id: 'tool',
      input: ({ context }) => ({
        session: context.input.session,
        root: context.input.worktree,
        toolCallId: context.calls[0]?.id ?? '',
      }),
      onDone: {
        target: 'choosing',
        actions: [{ type: 'announceResult', params: ({ event }) => event.output }, 'dropCall'],
      },
      onError: {
        target: 'choosing',
        actions: enqueueActions(({ context, event, enqueue }) => {
          const call = context.calls[0];
          if (call === undefined) return;
          const answer = interruptedOrFailed(readEffectError(event.error));
          enqueue.emit({
            type: 'toolFinished',
            tool: call.name,
            toolCall: call.id,
            outcome: answer.outcome,
          });
          enqueue.assign(() => answerCall(context, call, answer));
        }),
      },
    },
  });

export const recordingHandoff = sessionSetup.createStateConfig({
  invoke: {
    src: 'recordHandoff',
    input: ({ context: { input, workflow } }) => ({
      run: input.run,
      round: workflow.round,
      handoff: handoffSchema.parse(workflow.artifacts['handoff']),
    }),
    onDone: {
      target: 'delivering',
      actions: enqueueActions(
        ({ context: { input, workflow, worktree, answered }, event, enqueue }) => {
          const handoff = handoffSchema.parse(workflow.artifacts['handoff']);
          const { round } = workflow;
          enqueue.emit({
            type: 'handedOver',
            round,
            title: handoff.title,
            artifact: event.output.blob,
          });
          const command = {
            type: 'receiveHandoff',
            session: input.session,
            round,
            handoff,
            worktree,
            answered,
          };
          enqueue({ type: 'sendCommand', params: { to: input.coordinator, command } });
        },
      ),
    },
    onError: { target: '#session.failed', actions: failWith('handoffFailed') },
  },
});
