/** The model port: one conversation in, one assistant turn out. Implemented in integrations/model. */
import type { JsonObject } from '../../runtime/contract/json.ts';
import type { AssistantBlock, ConversationItem, Usage } from '../../runtime/contract/transcript.ts';

export interface ToolSpecification {
  readonly name: string;
  readonly description: string;
  /** JSON Schema (draft 2020-12) of the input, generated from the tool's zod schema. */
  readonly inputSchema: JsonObject;
}

export interface ModelRequest {
  readonly sessionId: string;
  /** Effect id: the idempotency key of this call. */
  readonly idempotencyKey: string;
  /** The provider's model name. */
  readonly model: string;
  readonly system: string;
  /** Everything said so far, oldest first, without repeats. */
  readonly conversation: readonly ConversationItem[];
  readonly tools: readonly ToolSpecification[];
  readonly maxOutputTokens: number;
}

export interface ModelTurn {
  /** The model that really answered. */
  readonly model: string;
  readonly blocks: readonly AssistantBlock[];
  readonly usage: Usage;
  readonly stopReason: 'endTurn' | 'toolUse' | 'maxTokens' | 'refusal';
}

export interface ModelCallOptions {
  readonly signal: AbortSignal;
  /** Called with each piece of text as it streams in; also what counts as progress. */
  readonly onDelta: (text: string) => void;
}

export interface ModelPort {
  /**
   * Throws `SignalboxError`: `SB_MODEL_AUTHENTICATION`, `SB_MODEL_LIMIT` (retryable, with
   * `retryAfterMs` where the provider says so), `SB_MODEL_REFUSED`, `SB_MODEL_UNAVAILABLE`
   * (retryable), `SB_RECORDING_INVALID`, `SB_RECORDING_MISMATCH`.
   */
  complete(request: ModelRequest, options: ModelCallOptions): Promise<ModelTurn>;
}

/** Which model a session uses; part of a run's specification. */
export type ModelChoice =
  | { readonly provider: 'anthropic'; readonly model: string }
  /** `recording`: absolute path of a recording file. */
  | { readonly provider: 'replay'; readonly recording: string };

/** Resolves a choice to a port, once per call: cheap, may cache. */
export type ModelDirectory = (choice: ModelChoice) => Promise<ModelPort>;
