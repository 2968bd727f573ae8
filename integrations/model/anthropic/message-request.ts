/**
 * Maps a conversation to the body of one Messages API request. Pure. Whatever the conversation went
 * through (crashes, steering in between, results that never came), the body obeys the API's rules:
 * turns alternate, every tool call is answered in the next message, no text block is blank.
 */
import type { Anthropic } from '@anthropic-ai/sdk';
import type { ModelRequest, ToolSpecification } from '../../../actors/ports/model.ts';
import { SignalboxError } from '../../../runtime/contract/errors.ts';
import type { AssistantBlock, ConversationItem } from '../../../runtime/contract/transcript.ts';

type Body = Anthropic.MessageCreateParamsStreaming;
type UserBlock = Anthropic.TextBlockParam | Anthropic.ToolResultBlockParam;
type ToolResultItem = Extract<ConversationItem, { type: 'toolResult' }>;

/** What the model is told of a call whose result is not in the conversation. */
const missingResultText =
  'There is no result: whether this call was carried out is not known. Look at the present state before calling it again.';

/** Throws `SB_INPUT_INVALID` for a conversation that leaves the model nothing to answer. */
export function buildMessageRequest(request: ModelRequest, outputTokensCeiling = Infinity): Body {
  const messages = buildMessages(request.conversation);
  if (messages.at(-1)?.role !== 'user') {
    throw new SignalboxError(
      'SB_INPUT_INVALID',
      `the conversation of session ${request.sessionId} ends with the model's own words: there is nothing to answer`,
      { next: 'Steer the session so that it has something to answer.' },
    );
  }
  markLastBlock(messages);
  return {
    model: request.model,
    max_tokens: Math.min(request.maxOutputTokens, outputTokensCeiling),
    stream: true,
    messages,
    ...(request.system.trim() === ''
      ? {}
      : { system: [{ type: 'text', text: request.system, cache_control: { type: 'ephemeral' } }] }),
    ...(request.tools.length === 0 ? {} : { tools: mapTools(request.tools) }),
  };
}

function mapTools(tools: readonly ToolSpecification[]): Anthropic.Tool[] {
  return tools.map((tool, index) => ({
    name: tool.name,
    description: tool.description,
    input_schema: { ...tool.inputSchema, type: 'object' },
    ...(index === tools.length - 1 ? { cache_control: { type: 'ephemeral' } } : {}),
  }));
}

function buildMessages(conversation: readonly ConversationItem[]): Anthropic.MessageParam[] {
  const messages: Anthropic.MessageParam[] = [];
  let calls: readonly string[] = [];
  let since: ConversationItem[] = [];
  const closeUserMessage = (): void => {
    const content = buildUserBlocks(calls, since);
    if (content.length > 0) messages.push({ role: 'user', content });
    since = [];
  };
  for (const item of conversation) {
    if (item.type !== 'assistant') {
      since.push(item);
      continue;
    }
    const content = item.blocks.flatMap(mapAssistantBlock);
    // A turn without content (cut off at once) would be an empty message: its neighbours merge.
    if (content.length === 0) continue;
    closeUserMessage();
    appendAssistant(messages, content);
    calls = item.blocks.flatMap((block) => (block.type === 'toolCall' ? [block.id] : []));
  }
  closeUserMessage();
  return messages;
}

/** Two assistant turns in a row (nothing was said in between) become one message. */
function appendAssistant(
  messages: Anthropic.MessageParam[],
  content: Anthropic.ContentBlockParam[],
): void {
  const last = messages.at(-1);
  if (last?.role === 'assistant' && Array.isArray(last.content)) last.content.push(...content);
  else messages.push({ role: 'assistant', content });
}

function mapAssistantBlock(block: AssistantBlock): Anthropic.ContentBlockParam[] {
  if (block.type === 'toolCall') {
    return [{ type: 'tool_use', id: block.id, name: block.name, input: block.input }];
  }
  return block.text.trim() === '' ? [] : [{ type: 'text', text: block.text }];
}

/** Answers to the open calls in call order, then everything else as text. */
function buildUserBlocks(
  calls: readonly string[],
  items: readonly ConversationItem[],
): UserBlock[] {
  const answers = new Map<string, ToolResultItem>();
  const texts: Anthropic.TextBlockParam[] = [];
  for (const item of items) {
    if (item.type === 'prompt') {
      if (item.text.trim() !== '') texts.push({ type: 'text', text: item.text });
    } else if (item.type === 'toolResult') {
      if (calls.includes(item.toolCallId) && !answers.has(item.toolCallId)) {
        answers.set(item.toolCallId, item);
      } else {
        // A result that answers no open call is refused by the API as a result, but still news.
        texts.push({
          type: 'text',
          text: `A late result of ${item.tool}:\n${describeResult(item)}`,
        });
      }
    }
  }
  return [...calls.map((id) => mapResult(id, answers.get(id))), ...texts];
}

function mapResult(id: string, item: ToolResultItem | undefined): Anthropic.ToolResultBlockParam {
  return {
    type: 'tool_result',
    tool_use_id: id,
    content: item === undefined ? missingResultText : describeResult(item),
    ...(item?.outcome === 'succeeded' ? {} : { is_error: true }),
  };
}

/** The result as the model reads it. Never empty: "exit code 1" and nothing else is still a failure. */
function describeResult(item: ToolResultItem): string {
  const lines: string[] = [];
  if (item.outcome === 'interrupted')
    lines.push('Interrupted: whether this happened is not known.');
  if (item.exitCode === null) lines.push('No exit code: the command was ended or never ended.');
  else if (item.exitCode !== undefined) lines.push(`Exit code: ${item.exitCode}`);
  if (item.text.trim() !== '') lines.push(item.text);
  if (lines.length === 0)
    lines.push(item.outcome === 'failed' ? 'Failed, without output.' : 'Done, without output.');
  return lines.join('\n');
}

/** The conversation so far is the prefix of the next request: caching its end makes that one cheap. */
function markLastBlock(messages: readonly Anthropic.MessageParam[]): void {
  const content = messages.at(-1)?.content;
  const block = Array.isArray(content) ? content.at(-1) : undefined;
  if (block?.type === 'text' || block?.type === 'tool_result') {
    block.cache_control = { type: 'ephemeral' };
  }
}
