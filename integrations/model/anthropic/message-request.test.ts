import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ModelRequest } from '../../../actors/ports/model.ts';
import type { ConversationItem } from '../../../runtime/contract/transcript.ts';
import { buildMessageRequest } from './message-request.ts';

function request(conversation: readonly ConversationItem[]): ModelRequest {
  return {
    sessionId: 's1',
    idempotencyKey: 'k1',
    model: 'claude-test',
    system: 'You set points.',
    conversation,
    tools: [
      { name: 'bash', description: 'Runs.', inputSchema: { type: 'object', properties: {} } },
      { name: 'read', description: 'Reads.', inputSchema: { type: 'object', properties: {} } },
    ],
    maxOutputTokens: 500,
  };
}

function prompt(text: string): ConversationItem {
  return { type: 'prompt', source: 'step', stepId: 'understand', text };
}

function assistant(text: string, ...calls: string[]): ConversationItem {
  return {
    type: 'assistant',
    model: 'claude-test',
    usage: { inputTokens: 1, outputTokens: 1 },
    stopReason: calls.length > 0 ? 'toolUse' : 'endTurn',
    blocks: [
      { type: 'text', text },
      ...calls.map((id) => ({
        type: 'toolCall' as const,
        id,
        name: 'bash',
        input: { command: id },
      })),
    ],
  };
}

function result(
  toolCallId: string,
  outcome: 'succeeded' | 'failed' | 'interrupted',
  text = 'out',
  exitCode?: number | null,
): ConversationItem {
  return {
    type: 'toolResult',
    toolCallId,
    tool: 'bash',
    outcome,
    text,
    durationMs: 1,
    ...(exitCode === undefined ? {} : { exitCode }),
  };
}

describe('buildMessageRequest', () => {
  it('merges results and prompts into one user message, results first and in call order', () => {
    const { messages } = buildMessageRequest(
      request([
        prompt('Look.'),
        assistant('Looking.', 'a', 'b'),
        prompt('Hurry.'),
        result('b', 'failed', '', 1),
        result('a', 'succeeded', 'fine', 0),
      ]),
    );
    expect(messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'Look.' }] },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Looking.' },
          { type: 'tool_use', id: 'a', name: 'bash', input: { command: 'a' } },
          { type: 'tool_use', id: 'b', name: 'bash', input: { command: 'b' } },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a', content: 'Exit code: 0\nfine' },
          { type: 'tool_result', tool_use_id: 'b', content: 'Exit code: 1', is_error: true },
          { type: 'text', text: 'Hurry.', cache_control: { type: 'ephemeral' } },
        ],
      },
    ]);
  });

  it('says that an interrupted call may have happened, and marks it as an error', () => {
    const { messages } = buildMessageRequest(
      request([prompt('Go.'), assistant('', 'a'), result('a', 'interrupted', '', null)]),
    );
    expect(messages.at(-1)?.content).toMatchObject([
      {
        type: 'tool_result',
        is_error: true,
        content:
          'Interrupted: whether this happened is not known.\nNo exit code: the command was ended or never ended.',
      },
    ]);
  });

  it('answers a call that never got a result', () => {
    const { messages } = buildMessageRequest(
      request([prompt('Go.'), assistant('', 'a'), prompt('And?')]),
    );
    expect(messages.at(-1)?.content).toMatchObject([
      { type: 'tool_result', tool_use_id: 'a', is_error: true },
      { type: 'text', text: 'And?' },
    ]);
  });

  it('gives a late result as text: the API refuses results without an open call', () => {
    const { messages } = buildMessageRequest(
      request([
        prompt('Go.'),
        assistant('', 'a'),
        prompt('And?'),
        assistant('Well.'),
        result('a', 'succeeded'),
      ]),
    );
    expect(messages.at(-1)?.content).toMatchObject([
      { type: 'text', text: 'A late result of bash:\nout' },
    ]);
  });

  it('marks system, tools and the end of the conversation for the cache', () => {
    const body = buildMessageRequest(request([prompt('Go.')]));
    expect(body.system).toMatchObject([{ cache_control: { type: 'ephemeral' } }]);
    expect(body.tools?.map((tool) => tool.cache_control)).toEqual([
      undefined,
      { type: 'ephemeral' },
    ]);
    expect(body.messages.at(-1)?.content).toMatchObject([{ cache_control: { type: 'ephemeral' } }]);
  });

  it('asks for no more output than the ceiling', () => {
    expect(buildMessageRequest(request([prompt('Go.')])).max_tokens).toBe(500);
    expect(buildMessageRequest(request([prompt('Go.')]), 64).max_tokens).toBe(64);
  });

  it('refuses a conversation that leaves nothing to answer', () => {
    expect(() => buildMessageRequest(request([prompt('Go.'), assistant('Done.')]))).toThrow(
      expect.objectContaining({ code: 'SB_INPUT_INVALID' }),
    );
  });

  it('builds a valid request from any conversation that begins with a prompt', () => {
    const ids = fc.constantFrom('a', 'b', 'c', 'd');
    const item = fc.oneof(
      fc.constantFrom('', ' ', 'text').map(prompt),
      fc
        .tuple(fc.constantFrom('', 'text'), fc.uniqueArray(ids, { maxLength: 3 }))
        .map(([text, calls]) => assistant(text, ...calls)),
      fc
        .tuple(
          ids,
          fc.constantFrom('succeeded' as const, 'failed' as const, 'interrupted' as const),
        )
        .map(([id, outcome]) => result(id, outcome, '')),
    );
    fc.assert(
      fc.property(fc.array(item, { maxLength: 12 }), (items) => {
        const conversation = [prompt('Go.'), ...items, prompt('Go on.')];
        expect(findViolations(buildMessageRequest(request(conversation)).messages)).toEqual([]);
      }),
    );
  });
});

/** The API's rules for messages, as far as this adapter uses them. */
function findViolations(messages: ReturnType<typeof buildMessageRequest>['messages']): string[] {
  const violations: string[] = [];
  let open: string[] = [];
  for (const [index, { role, content }] of messages.entries()) {
    if (role !== (index % 2 === 0 ? 'user' : 'assistant'))
      violations.push(`${index}: ${role} out of turn`);
    if (typeof content === 'string' || content.length === 0)
      return [...violations, `${index}: no blocks`];
    const answers = content.flatMap((block) =>
      block.type === 'tool_result' ? [block.tool_use_id] : [],
    );
    if (answers.join() !== open.join())
      violations.push(`${index}: ${open.join()} answered by ${answers.join()}`);
    const leading = content.slice(0, answers.length);
    if (leading.some((block) => block.type !== 'tool_result'))
      violations.push(`${index}: text before results`);
    if (content.some((block) => block.type === 'text' && block.text.trim() === ''))
      violations.push(`${index}: blank`);
    open = content.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []));
  }
  return open.length === 0 ? violations : [...violations, `never answered: ${open.join()}`];
}
