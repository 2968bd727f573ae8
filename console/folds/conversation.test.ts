import { describe, expect, it } from 'vitest';
import type { ConversationItem, StoredTranscriptEntry } from '../../runtime/contract/transcript.ts';
import { readConversation } from './conversation.ts';

function entries(...items: readonly ConversationItem[]): readonly StoredTranscriptEntry[] {
  return items.map((item, index) => ({
    v: 1,
    id: `e${index}`,
    session: 's',
    at: '2026-01-01T00:00:00Z',
    item,
    seq: index + 1,
  }));
}

const bash = { type: 'toolCall', id: 'c1', name: 'bash', input: { command: 'npm test' } } as const;
const assistant: ConversationItem = {
  type: 'assistant',
  model: 'm',
  blocks: [{ type: 'text', text: 'Running the tests.' }, bash],
  usage: { inputTokens: 100, outputTokens: 20 },
  stopReason: 'toolUse',
};
const result: ConversationItem = {
  type: 'toolResult',
  toolCallId: 'c1',
  tool: 'bash',
  outcome: 'failed',
  exitCode: 1,
  text: 'boom',
  durationMs: 12,
};

describe('readConversation', () => {
  it('puts the result with its call', () => {
    const { parts, turns, usage } = readConversation(entries(assistant, result));
    expect(parts.map(({ type }) => type)).toEqual(['said', 'tool']);
    expect(parts[1]).toMatchObject({ tool: 'bash', call: bash, result });
    expect(turns).toBe(1);
    expect(usage).toEqual({ inputTokens: 100, outputTokens: 20 });
  });

  it('shows a call without a result as under way, and a result without a call by itself', () => {
    expect(readConversation(entries(assistant)).parts[1]).toMatchObject({ result: undefined });
    expect(readConversation(entries(result)).parts).toMatchObject([
      { tool: 'bash', call: undefined, result },
    ]);
  });

  it('gives every part a key of its own', () => {
    const two = readConversation(
      entries(assistant, result, { ...assistant, blocks: [bash, bash] }),
    );
    expect(new Set(two.parts.map(({ key }) => key)).size).toBe(two.parts.length);
  });
});
