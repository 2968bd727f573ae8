/** Answers to tool calls that need no effect: steps completed, calls refused, calls a crash cut off. */
import { z } from 'zod';
import { assertNever } from '../../runtime/contract/errors.ts';
import type { ConversationItem } from '../../runtime/contract/transcript.ts';
import { advanceWorkflow } from '../../workflows/session/advance-workflow.ts';
import { formatBlocked } from '../../workflows/session/blocked-text.ts';
import type { CompletionRules } from '../../workflows/session/completion-check.ts';
import { handoffExample, handoffSchema } from './handoff.schema.ts';
import {
  currentStep,
  promptCurrentStep,
  type SessionContext,
  type ToolCall,
} from './session.context.ts';
import { describeStep, type SessionEvent } from './session.events.ts';

const validateHandoff: CompletionRules['validators']['handoff'] = (value) => {
  const parsed = handoffSchema.safeParse(value);
  return parsed.success
    ? { ok: true, value: parsed.data }
    : {
        ok: false,
        problems: parsed.error.issues.map(
          ({ path, message }) =>
            `${path.length === 0 ? 'handoff' : path.map(String).join('.')}: ${message}`,
        ),
      };
};

const completionRules: CompletionRules = {
  validators: { handoff: validateHandoff },
  examples: { handoff: handoffExample },
};

const completionSchema = z.object({ notes: z.json().optional(), artifacts: z.json().optional() });

export function answerCall(
  context: SessionContext,
  call: ToolCall,
  answer: Pick<Extract<ConversationItem, { type: 'toolResult' }>, 'outcome' | 'text'>,
): SessionContext {
  const item: ConversationItem = {
    type: 'toolResult',
    toolCallId: call.id,
    tool: call.name,
    durationMs: 0,
    ...answer,
  };
  // The id is the one a tool effect uses: if the effect had stored its result before a crash, that one stays.
  const unsaid = [...context.unsaid, { id: resultId(call.id), item }];
  return { ...context, unsaid, calls: context.calls.filter(({ id }) => id !== call.id) };
}

export function resultId(toolCallId: string): string {
  return `result-${toolCallId}`;
}

export function refuseCall(context: SessionContext, call: ToolCall | undefined): SessionContext {
  return call === undefined
    ? context
    : answerCall(context, call, {
        outcome: 'failed',
        text: call.problem ?? 'This call cannot be carried out.',
      });
}

/** Gives the completion to the engine; its answer, and the next step's prompt, join the conversation. */
export function answerCompletion(
  context: SessionContext,
  call: ToolCall | undefined,
): { readonly context: SessionContext; readonly events: readonly SessionEvent[] } {
  if (call === undefined) return { context, events: [] };
  const parsed = completionSchema.safeParse(call.input);
  const step = currentStep(context)?.id ?? '';
  const answered = advanceWorkflow(
    context.input.workflow,
    context.workflow,
    { token: context.shownToken, ...(parsed.success ? parsed.data : {}) },
    completionRules,
  );
  // The same completion twice in one turn: the engine answers as before, and nothing has happened since.
  const isRepeat = answered.status !== 'refused' && answered.state === context.workflow;
  switch (answered.status) {
    case 'advanced': {
      const text = 'The step is complete.';
      const advanced = answerCall({ ...context, workflow: answered.state }, call, {
        outcome: 'succeeded',
        text,
      });
      if (isRepeat) return { context: advanced, events: [] };
      const notes = answered.state.records.at(-1)?.notes ?? '';
      const completed: SessionEvent = { type: 'stepCompleted', step, notes };
      return answered.next.type === 'step'
        ? {
            context: promptCurrentStep(advanced, 'step'),
            events: [completed, describeStep(answered.next.step)],
          }
        : { context: advanced, events: [completed] };
    }
    case 'blocked':
    case 'exhausted':
      return {
        context: answerCall({ ...context, workflow: answered.state }, call, {
          outcome: 'failed',
          text: formatBlocked(answered),
        }),
        events: isRepeat ? [] : [{ type: 'stepBlocked', step, attempts: answered.state.blocked }],
      };
    case 'refused':
      return {
        context: answerCall(context, call, {
          outcome: 'failed',
          text: `Refused: ${answered.reason}.`,
        }),
        events: [{ type: 'toolFinished', tool: call.name, toolCall: call.id, outcome: 'failed' }],
      };
    default:
      return assertNever(answered);
  }
}
