/**
 * The session's effects: worktree, model calls, tools, handoff. Each writes its result into the
 * transcript under an id of its own before it reports, so that a repeat after a crash finds it there.
 */
import { z } from 'zod';
import { actorIdSchema } from '../../runtime/contract/address.ts';
import type { Json } from '../../runtime/contract/json.ts';
import {
  conversationItemSchema,
  type ConversationItem,
  type TranscriptEntry,
} from '../../runtime/contract/transcript.ts';
import {
  SignalboxError,
  localEffect,
  poolEffect,
  type EffectDefinition,
  type RetryPolicy,
} from '../../runtime/mod.ts';
import type { ModelDirectory, ModelTurn } from '../ports/model.ts';
import type { RepositoryPort, Worktree } from '../ports/repository.ts';
import type { BlobPort, TranscriptPort } from '../ports/transcripts.ts';
import type { WorkspacePort } from '../ports/workspace.ts';
import { handoffSchema } from './handoff.schema.ts';
import type { ToolCall } from './session.context.ts';
import { modelChoiceSchema } from './session.schema.ts';
import { resultId } from './tool-answers.ts';
import { findTool, parseToolCall, toolSpecifications } from './tools/catalogue.ts';
import { defaultToolLimits } from './tools/tool-definition.ts';

export interface SessionPorts {
  readonly models: ModelDirectory;
  readonly transcripts: TranscriptPort;
  readonly blobs: BlobPort;
  readonly workspace: WorkspacePort;
  readonly repositories: RepositoryPort;
  /** Wall clock, for the time of transcript entries. */
  readonly now: () => Date;
  /** Monotonic milliseconds, for durations. */
  readonly monotonicMs: () => number;
}

const minuteMs = 60_000;
/** A long answer streams for minutes; silence is cut off much earlier by the model adapter itself. */
const modelDeadlineMs = 20 * minuteMs;
/** Longer than the longest deadline that the bash tool gives itself. */
const commandDeadlineMs = 32 * minuteMs;
const fileDeadlineMs = minuteMs;
/** Nothing but the store is waited for, and the session cannot go on without it. */
const handoffDeadlineMs = 60 * minuteMs;
const worktreeDeadlineMs = 5 * minuteMs;
/** Waits of about 1, 2, 4 … 60 s: several minutes of a provider being away. */
const modelRetry: RetryPolicy = {
  maxAttempts: 8,
  backoff: { type: 'exponential', initialDelayMs: 1_000, factor: 2 },
  maxDelayMs: minuteMs,
  // Sessions that were refused together must not come back together.
  jitter: 'equal',
};
/** A provider that is down is not asked by every session in turn. */
const modelCircuit = {
  faults: ['SB_MODEL_UNAVAILABLE'],
  failuresToOpen: 5,
  openMs: 30_000,
} as const;
const gitRetry: RetryPolicy = {
  maxAttempts: 3,
  backoff: { type: 'exponential', initialDelayMs: 200, factor: 2 },
  maxDelayMs: 2_000,
  jitter: 'equal',
};

const unsaidSchema = z.object({ id: z.string(), item: conversationItemSchema });

export const callModelSchema = z.object({
  session: actorIdSchema,
  turn: z.number().int(),
  model: modelChoiceSchema,
  system: z.string(),
  tools: z.array(z.string()),
  unsaid: z.array(unsaidSchema),
  maxOutputTokens: z.number().int(),
});
export const runToolSchema = z.object({
  session: actorIdSchema,
  root: z.string(),
  toolCallId: z.string(),
});
export const worktreeSchema = z.object({
  repository: z.string(),
  origin: z.string(),
  baseBranch: z.string(),
  branch: z.string(),
  path: z.string(),
});
export const removeWorktreeSchema = z.object({
  repository: z.string(),
  path: z.string(),
  branch: z.string(),
});
export const recordHandoffSchema = z.object({
  run: z.string(),
  round: z.number().int(),
  handoff: handoffSchema,
});

export interface TurnSummary {
  readonly calls: readonly ToolCall[];
  readonly usage: ModelTurn['usage'];
  readonly stopReason: ModelTurn['stopReason'];
}

export interface ToolSummary {
  readonly tool: string;
  readonly outcome: 'succeeded' | 'failed';
  readonly exitCode?: number | null;
  readonly durationMs: number;
}

export function createSessionEffects(ports: SessionPorts): Record<string, EffectDefinition> {
  const tool = {
    input: runToolSchema,
    run: (input: RunToolInput, { signal }: { signal: AbortSignal }) =>
      runTool(ports, input, signal),
  };
  return {
    prepareWorktree: poolEffect('git', {
      input: worktreeSchema,
      deadlineMs: worktreeDeadlineMs,
      retry: gitRetry,
      whenUnknown: 'idempotent',
      run: (input): Promise<Worktree> => ports.repositories.addWorktree(input),
    }),
    removeWorktree: poolEffect('git', {
      input: removeWorktreeSchema,
      deadlineMs: worktreeDeadlineMs,
      retry: gitRetry,
      whenUnknown: 'idempotent',
      run: (input) => ports.repositories.removeWorktree(input),
    }),
    callModel: poolEffect('model', {
      input: callModelSchema,
      deadlineMs: modelDeadlineMs,
      retry: modelRetry,
      // A call that was lost is paid again; a stored answer is found in the transcript.
      whenUnknown: 'idempotent',
      rateLimit: ({ model }) => {
        const bucket = limitedProvider(model);
        return bucket === undefined ? undefined : { bucket };
      },
      circuit: { ...modelCircuit, target: ({ model }) => limitedProvider(model) },
      run: (input, context) => callModel(ports, input, context),
    }),
    inspectFiles: localEffect({ ...tool, deadlineMs: fileDeadlineMs, whenUnknown: 'retry' }),
    changeFiles: localEffect({ ...tool, deadlineMs: fileDeadlineMs, whenUnknown: 'ask' }),
    runCommand: poolEffect('tools', { ...tool, deadlineMs: commandDeadlineMs, whenUnknown: 'ask' }),
    recordHandoff: localEffect({
      input: recordHandoffSchema,
      deadlineMs: handoffDeadlineMs,
      whenUnknown: 'idempotent',
      run: async ({ run, round, handoff }) => {
        const key = `runs/${run}/handoff-${round}.json`;
        await ports.blobs.put(key, new TextEncoder().encode(JSON.stringify(handoff, null, 2)));
        return { blob: key };
      },
    }),
  };
}

/** A recording is nobody's service: it has no limits and is never down. */
function limitedProvider({ provider }: z.infer<typeof modelChoiceSchema>): string | undefined {
  return provider === 'replay' ? undefined : `model.${provider}`;
}

type RunToolInput = z.infer<typeof runToolSchema>;

async function callModel(
  ports: SessionPorts,
  input: z.infer<typeof callModelSchema>,
  context: { readonly effectId: string; readonly signal: AbortSignal },
): Promise<TurnSummary> {
  const { session, turn } = input;
  const id = `turn-${turn}`;
  const entry = (entryId: string, item: ConversationItem): TranscriptEntry => ({
    v: 1,
    id: entryId,
    session,
    at: ports.now().toISOString(),
    item,
  });
  await ports.transcripts.append(input.unsaid.map((unsaid) => entry(unsaid.id, unsaid.item)));
  const conversation = await ports.transcripts.read(session);
  const known = conversation.find((candidate) => candidate.id === id)?.item;
  if (known?.type === 'assistant') return summarizeTurn(known, input.tools);
  const model = await ports.models(input.model);
  const answer = await model.complete(
    {
      sessionId: session,
      idempotencyKey: context.effectId,
      model: input.model.provider === 'anthropic' ? input.model.model : 'replay',
      system: input.system,
      conversation: conversation.map(({ item }) => item),
      tools: toolSpecifications(input.tools),
      maxOutputTokens: input.maxOutputTokens,
    },
    // The answer is stored whole; pieces of it are nobody's business yet.
    { signal: context.signal, onDelta: () => undefined },
  );
  const item = { ...answer, type: 'assistant' as const, blocks: [...answer.blocks] };
  await ports.transcripts.append([entry(id, item)]);
  return summarizeTurn(item, input.tools);
}

function summarizeTurn(
  turn: Extract<ConversationItem, { type: 'assistant' }>,
  allowed: readonly string[],
): TurnSummary {
  const calls = turn.blocks.flatMap((block) =>
    block.type === 'toolCall' ? [summarizeCall(block.id, block.name, block.input, allowed)] : [],
  );
  return { calls, usage: turn.usage, stopReason: turn.stopReason };
}

function summarizeCall(
  id: string,
  name: string,
  input: Json,
  allowed: readonly string[],
): ToolCall {
  const parsed = parseToolCall(name, input);
  if (parsed.status !== 'valid') {
    // The engine counts a completion without notes; every other bad call is answered at once.
    return name === 'complete_step' ? { id, name, input } : { id, name, problem: parsed.message };
  }
  if (!allowed.includes(name)) {
    return {
      id,
      name,
      problem: `${name} is not available in this step. Available: ${allowed.join(', ')}.`,
    };
  }
  return parsed.tool.handledBy === 'engine' ? { id, name, input: parsed.input } : { id, name };
}

async function runTool(
  ports: SessionPorts,
  input: RunToolInput,
  signal: AbortSignal,
): Promise<ToolSummary> {
  const { session, root, toolCallId } = input;
  const conversation = await ports.transcripts.read(session);
  const call = conversation
    .flatMap(({ item }) => (item.type === 'assistant' ? item.blocks : []))
    .find((block) => block.type === 'toolCall' && block.id === toolCallId);
  if (call?.type !== 'toolCall') {
    throw new SignalboxError(
      'SB_NOT_FOUND',
      `the transcript of ${session} has no tool call ${toolCallId}`,
    );
  }
  const tool = findTool(call.name);
  if (tool?.handledBy !== 'worker') {
    throw new SignalboxError('SB_NOT_FOUND', `there is no tool named ${call.name}`);
  }
  const result = await tool.execute(call.input, {
    root,
    signal,
    workspace: ports.workspace,
    blobs: ports.blobs,
    blobPrefix: `sessions/${session}/${toolCallId}`,
    limits: defaultToolLimits,
    now: ports.monotonicMs,
  });
  const item: ConversationItem = { type: 'toolResult', toolCallId, tool: call.name, ...result };
  await ports.transcripts.append([
    { v: 1, id: resultId(toolCallId), session, at: ports.now().toISOString(), item },
  ]);
  const { outcome, exitCode, durationMs } = result;
  return { tool: call.name, outcome, durationMs, ...(exitCode === undefined ? {} : { exitCode }) };
}
