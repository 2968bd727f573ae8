/**
 * Owns what a tool is: a name, a description and an input the model sees, and where and how it runs. A tool answers
 * with text for the model, whatever happened; only a cancelled effect and a defect leave it as an exception.
 */
import type { z } from 'zod';
import type { BlobPort } from '../../ports/transcripts.ts';
import type { WorkspacePort } from '../../ports/workspace.ts';
import { SignalboxError } from '../../../runtime/contract/errors.ts';
import type { JsonObject } from '../../../runtime/contract/json.ts';
import type { BlobReference } from '../../../runtime/contract/transcript.ts';

export interface ToolLimits {
  /** Of each of stdout and stderr, in the conversation. */
  readonly maxCapturedBytes: number;
  /** Of the text of a file or a list, in the conversation. */
  readonly maxTextBytes: number;
  /** Paths or lines found by one search. */
  readonly maxHits: number;
}

export const defaultToolLimits: ToolLimits = {
  maxCapturedBytes: 16_000,
  maxTextBytes: 48_000,
  maxHits: 200,
};

export interface ToolContext {
  /** The worktree. */
  readonly root: string;
  readonly workspace: WorkspacePort;
  readonly blobs: BlobPort;
  /** Begins the key of every blob of this call: one prefix per call, so that a repeat overwrites its own. */
  readonly blobPrefix: string;
  readonly limits: ToolLimits;
  readonly signal: AbortSignal;
  /** Monotonic milliseconds (`performance.now`). */
  readonly now: () => number;
}

export interface ToolExecution {
  readonly outcome: 'succeeded' | 'failed';
  readonly text: string;
  /** Commands only; null when ended by a signal or the deadline. */
  readonly exitCode?: number | null;
  readonly full?: BlobReference;
  readonly durationMs: number;
}

export type ToolAnswer = Omit<ToolExecution, 'durationMs'>;

/** An input as parsed, defaults filled in; or what is wrong with it, one problem per line. */
type ParsedInput =
  | { readonly status: 'valid'; readonly input: JsonObject }
  | { readonly status: 'invalid'; readonly problems: readonly string[] };

interface ToolDescription {
  readonly name: string;
  readonly description: string;
  readonly input: z.ZodType;
  parse(input: unknown): ParsedInput;
}

export interface WorkspaceTool extends ToolDescription {
  readonly handledBy: 'worker';
  /** The effect's placement: short work beside the actor, long work through the pool. */
  readonly placement: 'local' | 'pool';
  /** After a crash in between: tell the agent (`report`), or run it again because it changes nothing (`repeat`). */
  readonly whenInterrupted: 'report' | 'repeat';
  /** `input` is parsed again: it has been stored in between. Throws `SB_INPUT_INVALID`, `SB_EFFECT_CANCELLED`. */
  execute(input: unknown, context: ToolContext): Promise<ToolExecution>;
}

/** Answered by the workflow engine inside the machine; never an effect. */
export interface EngineTool extends ToolDescription {
  readonly handledBy: 'engine';
}

export type ToolDefinition = WorkspaceTool | EngineTool;

interface WorkspaceToolOptions<Schema extends z.ZodType> {
  readonly name: string;
  readonly description: string;
  readonly input: Schema;
  readonly placement: WorkspaceTool['placement'];
  readonly whenInterrupted: WorkspaceTool['whenInterrupted'];
  readonly run: (input: z.output<Schema>, context: ToolContext) => Promise<ToolAnswer>;
}

export function defineWorkspaceTool<Schema extends z.ZodType>(
  options: WorkspaceToolOptions<Schema>,
): WorkspaceTool {
  const { run, ...description } = options;
  return {
    ...description,
    handledBy: 'worker',
    parse: (input) => parseInput(options.input, input),
    async execute(input, context) {
      const parsed = options.input.safeParse(input);
      if (!parsed.success) {
        const problems = describeProblems(parsed.error).join('; ');
        throw new SignalboxError('SB_INPUT_INVALID', `the input of ${options.name}: ${problems}`);
      }
      const startedAt = context.now();
      const answer = await run(parsed.data, context).catch(answerRefusal);
      return { ...answer, durationMs: Math.max(0, context.now() - startedAt) };
    },
  };
}

export function defineEngineTool(options: {
  readonly name: string;
  readonly description: string;
  readonly input: z.ZodType;
}): EngineTool {
  return {
    ...options,
    handledBy: 'engine',
    parse: (input) => parseInput(options.input, input),
  };
}

/** What the workspace refuses is an answer the agent can act on; anything else is not the agent's business. */
function answerRefusal(error: unknown): ToolAnswer {
  if (!(error instanceof SignalboxError)) throw error;
  switch (error.code) {
    case 'SB_PATH_OUTSIDE':
    case 'SB_NOT_FOUND':
    case 'SB_TOOL_FAILED': {
      const next = error.next === undefined ? '' : ` ${error.next}`;
      return { outcome: 'failed', text: `${error.message}.${next}` };
    }
    default:
      throw error;
  }
}

function parseInput(schema: z.ZodType, input: unknown): ParsedInput {
  const parsed = schema.safeParse(input);
  return parsed.success
    ? // Every tool's schema describes an object, and what is parsed came as JSON.
      { status: 'valid', input: parsed.data as JsonObject }
    : { status: 'invalid', problems: describeProblems(parsed.error) };
}

function describeProblems(error: z.ZodError): readonly string[] {
  return error.issues.map((issue) => {
    const path = issue.path.length === 0 ? 'input' : issue.path.map(String).join('.');
    return `${path}: ${issue.message}`;
  });
}
