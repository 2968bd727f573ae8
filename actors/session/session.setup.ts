/**
 * The parts that the session machine is put together from: its types, effect sources, named actions and
 * guards, and the actions that several states share.
 */
import { assign, emit, setup } from 'xstate';
import type { z } from 'zod';
import {
  describeEffectError,
  effectSource,
  sendCommand,
  workQueueAddress,
  type WorkQueueCommand,
} from '../../runtime/mod.ts';
import type { Worktree } from '../ports/repository.ts';
import { placementOf, type CallPlacement } from './session.calls.ts';
import * as conversation from './session.context.ts';
import type { SessionContext } from './session.context.ts';
import type * as effects from './session.effects.ts';
import {
  describeEnd,
  describeKept,
  describeStep,
  type SessionCommand,
  type SessionEvent,
} from './session.events.ts';
import type { SessionEnd, SessionInput } from './session.schema.ts';

interface InContext {
  readonly context: SessionContext;
}
type FailureCode = Extract<SessionEnd, { outcome: 'failed' }>['code'];

export const sessionSetup = setup({
  types: {
    context: {} as SessionContext,
    events: {} as SessionCommand,
    emitted: {} as SessionEvent,
    input: {} as SessionInput,
    output: {} as SessionEnd,
  },
  actors: {
    prepareWorktree: effectSource<z.infer<typeof effects.worktreeSchema>, Worktree>(),
    removeWorktree: effectSource<z.infer<typeof effects.removeWorktreeSchema>, null>(),
    callModel: effectSource<z.infer<typeof effects.callModelSchema>, effects.TurnSummary>(),
    inspectFiles: effectSource<z.infer<typeof effects.runToolSchema>, effects.ToolSummary>(),
    changeFiles: effectSource<z.infer<typeof effects.runToolSchema>, effects.ToolSummary>(),
    runCommand: effectSource<z.infer<typeof effects.runToolSchema>, effects.ToolSummary>(),
    recordHandoff: effectSource<z.infer<typeof effects.recordHandoffSchema>, { blob: string }>(),
  },
  actions: {
    sendCommand,
    end: assign((_, end: SessionEnd) => ({ end })),
    announceStep: emit(({ context }) => describeStep(conversation.requireStep(context))),
    announceEnd: emit(({ context }) => describeEnd(context.end)),
    announceTool: emit(({ context: { calls } }) => ({
      type: 'toolStarted' as const,
      tool: calls[0]?.name ?? '',
      toolCall: calls[0]?.id ?? '',
    })),
    announceResult: emit(({ context: { calls } }, summary: effects.ToolSummary) => ({
      type: 'toolFinished' as const,
      toolCall: calls[0]?.id ?? '',
      ...summary,
    })),
    /** A tool's effect has stored the result in the transcript; here the call only leaves the list. */
    dropCall: assign(({ context }) => ({ calls: context.calls.slice(1) })),
  },
  guards: {
    hasWorktree: ({ context }) => context.worktree !== null,
    isOverTurns: ({ context }) => context.turn >= context.input.limits.maxTurns,
    isOverTokens: ({ context: { usage, input } }) =>
      usage.inputTokens + usage.outputTokens >= input.limits.maxTokens,
    isStalled: ({ context }) => context.idleTurns >= conversation.maxIdleTurns,
    isModelRefusal: (_, turn: effects.TurnSummary) => turn.stopReason === 'refusal',
    nextIs: ({ context }, placement: CallPlacement) => placementOf(context.calls[0]) === placement,
    isExhausted: ({ context }) => context.workflow.phase === 'exhausted',
    isFinished: ({ context }) => context.workflow.phase === 'finished',
    hasHandoff: ({ context: { workflow } }) =>
      workflow.phase === 'finished' && workflow.artifacts['handoff'] !== undefined,
    hasRoomFor: ({ context }, steer: conversation.Steer) =>
      steer.request !== undefined || context.steers.length < conversation.maxWaitingSteers,
    isReopened: ({ context }) => context.workflow.phase === 'running',
    hasSteers: ({ context }) => context.steers.length > 0,
  },
});

/** What was done until then is not thrown away, and nobody has to look for it. */
export const announceKept = sessionSetup.enqueueActions(({ context: { worktree }, enqueue }) => {
  if (worktree !== null) enqueue.emit(describeKept(worktree));
});

function askFor(type: 'requestSlot' | 'releaseSlot', input: SessionInput): WorkQueueCommand {
  const holder = { kind: 'session', id: input.session };
  // One repository is one key: a limit per key keeps it from taking every slot.
  const { priority, repository } = input;
  return type === 'releaseSlot'
    ? { type, holder }
    : { type, request: { holder, priority, key: repository.path } };
}

export const askQueue = (type: 'requestSlot' | 'releaseSlot') => ({
  type: 'sendCommand' as const,
  params: ({ context: { input } }: InContext) => ({
    to: workQueueAddress(input.queue),
    command: askFor(type, input),
  }),
});

export const fail = (code: FailureCode, reason: string) => ({
  type: 'end' as const,
  params: { outcome: 'failed' as const, code, reason },
});

export const failWith = (code: FailureCode) => ({
  type: 'end' as const,
  params: ({ event }: { readonly event: { readonly error: unknown } }) => {
    return { outcome: 'failed' as const, code, reason: describeEffectError(event.error) };
  },
});
