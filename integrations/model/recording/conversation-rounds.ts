/**
 * A conversation as rounds: an assistant turn and what came after it. Pure; the common ground of
 * recording a turn and recognising the same place again in a replay.
 */
import type { AssistantBlock, ConversationItem } from '../../../runtime/contract/transcript.ts';
import type { ExpectedItem } from './recording.schema.ts';

export type ToolCall = Extract<AssistantBlock, { type: 'toolCall' }>;
export type ToolResultItem = Extract<ConversationItem, { type: 'toolResult' }>;
export type PromptItem = Extract<ConversationItem, { type: 'prompt' }>;

export interface Round {
  /** The calls of the assistant turn that opened the round; none in the first, which nobody opened. */
  readonly calls: readonly ToolCall[];
  /** By the id of the call. */
  readonly results: ReadonlyMap<string, ToolResultItem>;
  readonly prompts: readonly PromptItem[];
}

/** One round more than there are assistant turns: the first holds what came before any. */
export function splitRounds(conversation: readonly ConversationItem[]): readonly Round[] {
  const rounds: {
    calls: ToolCall[];
    results: Map<string, ToolResultItem>;
    prompts: PromptItem[];
  }[] = [];
  let current = {
    calls: [] as ToolCall[],
    results: new Map<string, ToolResultItem>(),
    prompts: [] as PromptItem[],
  };
  for (const item of conversation) {
    if (item.type === 'assistant') {
      rounds.push(current);
      current = { calls: findCalls(item.blocks), results: new Map(), prompts: [] };
    } else if (item.type === 'prompt') {
      current.prompts.push(item);
    } else {
      current.results.set(item.toolCallId, item);
    }
  }
  return [...rounds, current];
}

export function findCalls(blocks: readonly AssistantBlock[]): ToolCall[] {
  return blocks.filter((block) => block.type === 'toolCall');
}

/** What a recording keeps of a round. A call without a result counts as interrupted. */
export function describeRound(round: Round): ExpectedItem[] {
  return [
    ...round.calls.map((call) => describeResult(call, round.results.get(call.id))),
    ...round.prompts.map(describePrompt),
  ];
}

export function describeResult(call: ToolCall, result: ToolResultItem | undefined): ExpectedItem {
  if (result === undefined || result.outcome === 'interrupted') {
    return { type: 'toolResult', tool: call.name, outcome: 'interrupted' };
  }
  return {
    type: 'toolResult',
    tool: call.name,
    outcome: result.outcome,
    ...(result.exitCode === undefined ? {} : { exitCode: result.exitCode }),
  };
}

export function describePrompt(prompt: PromptItem): ExpectedItem {
  return {
    type: 'prompt',
    source: prompt.source,
    ...(prompt.stepId === undefined ? {} : { stepId: prompt.stepId }),
  };
}
