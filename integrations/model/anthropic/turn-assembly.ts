/**
 * Assembles the stream of one response into a turn. A turn counts only when the stream says that it
 * is complete: a connection that closes early must never pass for an answer. Reads no clock, does no IO.
 */
import type { Anthropic } from '@anthropic-ai/sdk';
import { z } from 'zod';
import type { ModelTurn } from '../../../actors/ports/model.ts';
import { SignalboxError } from '../../../runtime/contract/errors.ts';
import { jsonObjectSchema } from '../../../runtime/contract/json.ts';
import type { AssistantBlock, Usage } from '../../../runtime/contract/transcript.ts';

type StreamEvent = Anthropic.RawMessageStreamEvent;

type OpenBlock =
  | { readonly type: 'text'; text: string }
  | {
      readonly type: 'toolCall';
      readonly id: string;
      readonly name: string;
      json: string;
      closed: boolean;
    };

const tokenCount = z.number().int().nonnegative().nullish();
/** Parsed, because gateways that speak this API leave fields out that the SDK's types promise. */
const streamUsageSchema = z.object({
  input_tokens: tokenCount,
  cache_creation_input_tokens: tokenCount,
  cache_read_input_tokens: tokenCount,
  output_tokens: tokenCount,
});
type StreamUsage = z.infer<typeof streamUsageSchema>;

/** Calls `onDelta` with '' for progress that is not text: thinking, and the input of a tool call. */
export async function assembleTurn(
  events: AsyncIterable<StreamEvent>,
  onDelta: (text: string) => void,
): Promise<ModelTurn> {
  const blocks = new Map<number, OpenBlock>();
  let model: string | undefined;
  let usage: StreamUsage = {};
  let stopReason: string | null = null;
  let complete = false;
  for await (const event of events) {
    if (event.type === 'message_start') {
      model = event.message.model;
      usage = mergeUsage(usage, event.message.usage);
    } else if (event.type === 'message_delta') {
      stopReason = event.delta.stop_reason ?? stopReason;
      usage = mergeUsage(usage, event.usage);
    } else if (event.type === 'message_stop') {
      complete = true;
    } else {
      applyBlockEvent(blocks, event, onDelta);
    }
  }
  if (!complete || model === undefined) throw brokenStream('the answer broke off before its end');
  const reason = mapStopReason(stopReason);
  return { model, blocks: closeBlocks(blocks, reason), usage: sumUsage(usage), stopReason: reason };
}

type BlockEvent = Extract<StreamEvent, { index: number }>;

function applyBlockEvent(
  blocks: Map<number, OpenBlock>,
  event: BlockEvent,
  onDelta: (text: string) => void,
): void {
  if (event.type === 'content_block_start') {
    const block = openBlock(event.content_block);
    if (block !== undefined) blocks.set(event.index, block);
    if (block?.type === 'text' && block.text !== '') onDelta(block.text);
    return;
  }
  const block = blocks.get(event.index);
  if (event.type === 'content_block_stop') {
    if (block?.type === 'toolCall') block.closed = true;
    return;
  }
  if (block?.type === 'text' && event.delta.type === 'text_delta') {
    block.text += event.delta.text;
    onDelta(event.delta.text);
    return;
  }
  if (block?.type === 'toolCall' && event.delta.type === 'input_json_delta') {
    block.json += event.delta.partial_json;
  }
  onDelta('');
}

/** Thinking blocks are not part of a turn; server-side tools are never asked for. */
function openBlock(start: Anthropic.ContentBlock): OpenBlock | undefined {
  if (start.type === 'text') return { type: 'text', text: start.text };
  if (start.type === 'tool_use') {
    return { type: 'toolCall', id: start.id, name: start.name, json: '', closed: false };
  }
  return undefined;
}

function closeBlocks(
  open: ReadonlyMap<number, OpenBlock>,
  stopReason: ModelTurn['stopReason'],
): AssistantBlock[] {
  const inOrder = [...open].sort(([a], [b]) => a - b);
  return inOrder.flatMap(([, block]): AssistantBlock[] => {
    if (block.type === 'text') return block.text === '' ? [] : [{ type: 'text', text: block.text }];
    const input = parseInput(block.json);
    if (input !== undefined && (block.closed || stopReason !== 'maxTokens')) {
      return [{ type: 'toolCall', id: block.id, name: block.name, input }];
    }
    // Cut off by the token limit in the middle of its input: the call was never made.
    if (stopReason === 'maxTokens') return [];
    throw brokenStream(`the input of a call of "${block.name}" is not a JSON object`);
  });
}

function parseInput(json: string): z.infer<typeof jsonObjectSchema> | undefined {
  if (json.trim() === '') return {};
  try {
    return jsonObjectSchema.safeParse(JSON.parse(json)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * `pause_turn` (the provider stopped a long turn) and a full context window are, to a session, what the
 * token limit is: the turn is not finished and can be continued. A reason that is not in this list
 * is refused: guessing that it means "done" could end a session that was blocked.
 */
function mapStopReason(reason: string | null): ModelTurn['stopReason'] {
  switch (reason) {
    case 'end_turn':
    case 'stop_sequence':
      return 'endTurn';
    case 'tool_use':
      return 'toolUse';
    case 'max_tokens':
    case 'pause_turn':
    case 'model_context_window_exceeded':
      return 'maxTokens';
    case 'refusal':
      return 'refusal';
    case null:
      throw brokenStream('the answer ended without saying why');
    default:
      throw new SignalboxError(
        'SB_PROTOCOL',
        `the model stopped for a reason that is not known here: "${reason}"`,
        {
          next: 'Update Signalbox, or use another model.',
        },
      );
  }
}

/** Counts in later events are totals, not increments; absent ones keep the earlier value. */
function mergeUsage(before: StreamUsage, reported: unknown): StreamUsage {
  const now = streamUsageSchema.safeParse(reported).data;
  if (now === undefined) return before;
  return {
    input_tokens: now.input_tokens ?? before.input_tokens,
    cache_creation_input_tokens:
      now.cache_creation_input_tokens ?? before.cache_creation_input_tokens,
    cache_read_input_tokens: now.cache_read_input_tokens ?? before.cache_read_input_tokens,
    output_tokens: now.output_tokens ?? before.output_tokens,
  };
}

function sumUsage(usage: StreamUsage): Usage {
  return {
    inputTokens:
      (usage.input_tokens ?? 0) +
      (usage.cache_creation_input_tokens ?? 0) +
      (usage.cache_read_input_tokens ?? 0),
    outputTokens: usage.output_tokens ?? 0,
  };
}

function brokenStream(what: string): SignalboxError {
  return new SignalboxError('SB_MODEL_UNAVAILABLE', `${what} (the Anthropic API)`, {
    retryable: true,
  });
}
