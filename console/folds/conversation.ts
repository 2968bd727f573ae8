/** A transcript as a conversation: each tool call with its result, in the order of what was said. */
import type { StoredTranscriptEntry } from '../../runtime/contract/transcript.ts';
import type { AssistantBlock, ConversationItem, Usage } from '../../runtime/contract/transcript.ts';

type Prompt = Extract<ConversationItem, { type: 'prompt' }>;
type ToolCall = Extract<AssistantBlock, { type: 'toolCall' }>;
type ToolResult = Extract<ConversationItem, { type: 'toolResult' }>;

export type ConversationPart =
  | { readonly type: 'prompt'; readonly key: string; readonly at: string; readonly prompt: Prompt }
  | { readonly type: 'said'; readonly key: string; readonly at: string; readonly text: string }
  | {
      readonly type: 'tool';
      readonly key: string;
      readonly at: string;
      readonly tool: string;
      /** Undefined when the transcript holds a result whose call it does not hold. */
      readonly call: ToolCall | undefined;
      /** Undefined while the tool runs. */
      readonly result: ToolResult | undefined;
    };

export interface Conversation {
  readonly parts: readonly ConversationPart[];
  readonly turns: number;
  readonly usage: Usage;
}

export function readConversation(entries: readonly StoredTranscriptEntry[]): Conversation {
  const results = new Map<string, ToolResult>();
  const called = new Set<string>();
  const usage = { inputTokens: 0, outputTokens: 0 };
  let turns = 0;
  for (const { item } of entries) {
    if (item.type === 'toolResult') results.set(item.toolCallId, item);
    if (item.type !== 'assistant') continue;
    turns += 1;
    usage.inputTokens += item.usage.inputTokens;
    usage.outputTokens += item.usage.outputTokens;
    for (const block of item.blocks) if (block.type === 'toolCall') called.add(block.id);
  }
  const parts = entries.flatMap((entry): readonly ConversationPart[] => {
    const { id: key, at, item } = entry;
    if (item.type === 'prompt') return [{ type: 'prompt', key, at, prompt: item }];
    if (item.type === 'assistant') {
      return item.blocks.flatMap((block, index) =>
        readBlock(block, `${key}#${index}`, at, results),
      );
    }
    if (called.has(item.toolCallId)) return [];
    return [{ type: 'tool', key, at, tool: item.tool, call: undefined, result: item }];
  });
  return { parts, turns, usage };
}

function readBlock(
  block: AssistantBlock,
  key: string,
  at: string,
  results: ReadonlyMap<string, ToolResult>,
): readonly ConversationPart[] {
  if (block.type === 'text')
    return block.text.trim() === '' ? [] : [{ type: 'said', key, at, text: block.text }];
  return [{ type: 'tool', key, at, tool: block.name, call: block, result: results.get(block.id) }];
}
