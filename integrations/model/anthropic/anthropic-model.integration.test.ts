/** The Anthropic port over real HTTP: against aimock, and a bare server for what aimock cannot do. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { LLMock } from '@copilotkit/aimock';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ModelPort, ModelRequest, ModelTurn } from '../../../actors/ports/model.ts';
import { SignalboxError } from '../../../runtime/contract/errors.ts';
import type { ConversationItem } from '../../../runtime/contract/transcript.ts';
import { createAnthropicModel } from './anthropic-model.ts';

const apiKey = 'sk-test-0123456789';

const fixItem: ConversationItem = {
  type: 'prompt',
  source: 'step',
  stepId: 'understand',
  text: 'Fix it.',
};

function request(conversation: readonly ConversationItem[] = [fixItem]): ModelRequest {
  return {
    sessionId: 's1',
    idempotencyKey: 'session.s1:7:0',
    model: 'claude-test',
    system: 'You set points.',
    conversation,
    tools: [
      { name: 'bash', description: 'Runs.', inputSchema: { type: 'object', properties: {} } },
    ],
    maxOutputTokens: 500,
  };
}

async function ask(
  model: ModelPort,
  conversation?: readonly ConversationItem[],
  signal = new AbortController().signal,
): Promise<{ turn: ModelTurn; deltas: string[] }> {
  const deltas: string[] = [];
  const turn = await model.complete(request(conversation), {
    signal,
    onDelta: (text) => deltas.push(text),
  });
  return { turn, deltas };
}

async function failure(call: Promise<unknown>): Promise<SignalboxError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof SignalboxError))
    throw new Error('expected a SignalboxError', { cause: error });
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    expect(`${cause.message} ${cause.stack}`).not.toContain(apiKey);
  }
  return error;
}

describe('createAnthropicModel against aimock', () => {
  let mock: LLMock;
  let model: ModelPort;

  beforeEach(async () => {
    mock = await LLMock.create({ host: '127.0.0.1', port: 0, logLevel: 'silent', chunkSize: 4 });
    model = createAnthropicModel({ apiKey, baseUrl: mock.url });
  });
  afterEach(() => mock.stop());

  it('streams text and reports model, usage and stop reason', async () => {
    mock.onMessage('Fix it.', {
      content: 'The sum is off by one.',
      usage: { input_tokens: 12, output_tokens: 7 },
    });
    const { turn, deltas } = await ask(model);
    expect(turn).toEqual({
      model: 'claude-test',
      blocks: [{ type: 'text', text: 'The sum is off by one.' }],
      usage: { inputTokens: 12, outputTokens: 7 },
      stopReason: 'endTurn',
    });
    expect(deltas.length).toBeGreaterThan(2);
    expect(deltas.join('')).toBe('The sum is off by one.');
  });

  it('carries a tool call there and its result back', async () => {
    mock.onMessage('Fix it.', {
      content: 'Testing.',
      toolCalls: [{ id: 'toolu_1', name: 'bash', arguments: '{"command":"npm test"}' }],
    });
    const first = (await ask(model)).turn;
    expect(first.stopReason).toBe('toolUse');
    expect(first.blocks).toEqual([
      { type: 'text', text: 'Testing.' },
      { type: 'toolCall', id: 'toolu_1', name: 'bash', input: { command: 'npm test' } },
    ]);
    mock.clearFixtures().onToolResult('toolu_1', { content: 'It fails.' });
    const second = await ask(model, [
      fixItem,
      { type: 'assistant', ...first, blocks: [...first.blocks] },
      {
        type: 'toolResult',
        toolCallId: 'toolu_1',
        tool: 'bash',
        outcome: 'failed',
        exitCode: 1,
        text: '1 failing',
        durationMs: 5,
      },
    ]);
    expect(second.turn.blocks).toEqual([{ type: 'text', text: 'It fails.' }]);
    expect(JSON.stringify(mock.getLastRequest()?.body)).toContain('Exit code: 1\\n1 failing');
  });

  it.each([
    { status: 401, code: 'SB_MODEL_AUTHENTICATION', retryable: false },
    { status: 403, code: 'SB_MODEL_AUTHENTICATION', retryable: false },
    { status: 400, code: 'SB_MODEL_REFUSED', retryable: false },
    { status: 404, code: 'SB_MODEL_REFUSED', retryable: false },
    { status: 413, code: 'SB_MODEL_REFUSED', retryable: false },
    { status: 429, code: 'SB_MODEL_LIMIT', retryable: true },
    { status: 529, code: 'SB_MODEL_LIMIT', retryable: true },
    { status: 500, code: 'SB_MODEL_UNAVAILABLE', retryable: true },
    { status: 503, code: 'SB_MODEL_UNAVAILABLE', retryable: true },
  ])('maps status $status to $code after a single request', async ({ status, code, retryable }) => {
    mock.onMessage('Fix it.', { error: { message: `said of ${apiKey}` }, status });
    expect(await failure(ask(model))).toMatchObject({ code, retryable });
    expect(mock.getRequests()).toHaveLength(1);
  });

  it('passes on when the provider wants to be asked again', async () => {
    mock.onMessage('Fix it.', {
      error: { message: 'slow down', type: 'rate_limit_error' },
      status: 429,
      retryAfter: 17,
    });
    const error = await failure(ask(model));
    expect(error.retryAfterMs).toBe(17_000);
    expect(error.message).toBe(
      'the Anthropic API is over a limit: 429 rate_limit_error: slow down',
    );
  });

  it('takes a truncated stream for a failure, not for a short answer', async () => {
    mock.onMessage(
      'Fix it.',
      { content: 'A long answer that breaks off.' },
      { truncateAfterChunks: 4 },
    );
    expect(await failure(ask(model))).toMatchObject({
      code: 'SB_MODEL_UNAVAILABLE',
      retryable: true,
    });
  });

  it('reports a server that closes the connection, or talks nonsense', async () => {
    mock.onMessage('Fix it.', { content: 'Never seen.' });
    mock.setChaos({ disconnectRate: 1 });
    expect((await failure(ask(model))).code).toBe('SB_MODEL_UNAVAILABLE');
    mock.setChaos({ malformedRate: 1 });
    expect((await failure(ask(model))).code).toBe('SB_MODEL_UNAVAILABLE');
  });
});

describe('createAnthropicModel against a bare server', () => {
  let server: Server;
  let baseUrl: string;
  let respond: (incoming: IncomingMessage, response: ServerResponse) => void;

  beforeEach(async () => {
    server = createServer((incoming, response) => {
      incoming.resume().on('end', () => respond(incoming, response));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    baseUrl = `http://127.0.0.1:${address.port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  function stream(response: ServerResponse, events: readonly { type: string }[]): void {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of events)
      response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  }

  const start = {
    type: 'message_start',
    message: {
      id: 'm',
      type: 'message',
      role: 'assistant',
      model: 'claude-test-2',
      content: [],
      usage: {
        input_tokens: 10,
        cache_creation_input_tokens: 200,
        cache_read_input_tokens: 3000,
        output_tokens: 1,
      },
    },
  };

  function ending(stopReason: string | null): { type: string }[] {
    return [
      {
        type: 'message_delta',
        delta: { stop_reason: stopReason },
        usage: { output_tokens: 42 },
      } as { type: string },
      { type: 'message_stop' },
    ];
  }

  it('counts cached tokens as input', async () => {
    respond = (_, response) => {
      stream(response, [start, ...ending('end_turn')]);
      response.end();
    };
    const { turn } = await ask(createAnthropicModel({ apiKey, baseUrl }));
    expect(turn).toEqual({
      model: 'claude-test-2',
      blocks: [],
      usage: { inputTokens: 3210, outputTokens: 42 },
      stopReason: 'endTurn',
    });
  });

  it.each([
    ['max_tokens', 'maxTokens'],
    ['pause_turn', 'maxTokens'],
    ['model_context_window_exceeded', 'maxTokens'],
    ['refusal', 'refusal'],
    ['stop_sequence', 'endTurn'],
  ])('maps stop reason %s to %s', async (reason, expected) => {
    respond = (_, response) => {
      stream(response, [start, ...ending(reason)]);
      response.end();
    };
    expect((await ask(createAnthropicModel({ apiKey, baseUrl }))).turn.stopReason).toBe(expected);
  });

  it('refuses a stop reason that it does not know, and one that is missing', async () => {
    let reason: string | null = 'bored';
    respond = (_, response) => {
      stream(response, [start, ...ending(reason)]);
      response.end();
    };
    const model = createAnthropicModel({ apiKey, baseUrl });
    expect(await failure(ask(model))).toMatchObject({ code: 'SB_PROTOCOL', retryable: false });
    reason = null;
    expect(await failure(ask(model))).toMatchObject({
      code: 'SB_MODEL_UNAVAILABLE',
      retryable: true,
    });
  });

  it('believes no stream that ends politely before its last event', async () => {
    respond = (_, response) => {
      stream(response, [start, ...ending('end_turn').slice(0, 1)]);
      response.end();
    };
    const error = await failure(ask(createAnthropicModel({ apiKey, baseUrl })));
    expect(error).toMatchObject({ code: 'SB_MODEL_UNAVAILABLE', retryable: true });
    expect(error.message).toContain('broke off before its end');
  });

  it('keeps the text and drops a call that the token limit cut in two', async () => {
    respond = (_, response) => {
      stream(response, [
        start,
        { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } } as {
          type: string;
        },
        {
          type: 'content_block_delta',
          index: 0,
          delta: { type: 'text_delta', text: 'Writing.' },
        } as { type: string },
        {
          type: 'content_block_start',
          index: 1,
          content_block: { type: 'tool_use', id: 't', name: 'bash', input: {} },
        } as { type: string },
        {
          type: 'content_block_delta',
          index: 1,
          delta: { type: 'input_json_delta', partial_json: '{"command":"ec' },
        } as { type: string },
        ...ending('max_tokens'),
      ]);
      response.end();
    };
    const { turn, deltas } = await ask(createAnthropicModel({ apiKey, baseUrl }));
    expect(turn.blocks).toEqual([{ type: 'text', text: 'Writing.' }]);
    expect(deltas).toEqual(['Writing.', '']);
  });

  it('reads an error in the middle of a stream by its type', async () => {
    respond = (_, response) => {
      stream(response, [
        start,
        { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } } as {
          type: string;
        },
      ]);
      response.end();
    };
    const error = await failure(ask(createAnthropicModel({ apiKey, baseUrl })));
    expect(error).toMatchObject({ code: 'SB_MODEL_LIMIT', retryable: true });
  });

  it('rejects at once when it is cancelled, before, during the wait and during the answer', async () => {
    const model = createAnthropicModel({ apiKey, baseUrl });
    expect((await failure(ask(model, undefined, AbortSignal.abort()))).code).toBe(
      'SB_EFFECT_CANCELLED',
    );
    for (const begins of [false, true]) {
      const controller = new AbortController();
      respond = (_, response) => {
        if (begins) stream(response, [start]);
        setImmediate(() => controller.abort());
      };
      expect((await failure(ask(model, undefined, controller.signal))).code).toBe(
        'SB_EFFECT_CANCELLED',
      );
    }
  });

  it('gives up on a server that never answers, and on one that falls silent', async () => {
    respond = () => undefined;
    const slow = createAnthropicModel({ apiKey, baseUrl, requestTimeoutMs: 60 });
    expect(await failure(ask(slow))).toMatchObject({
      code: 'SB_MODEL_UNAVAILABLE',
      retryable: true,
    });
    respond = (_, response) => stream(response, [start]);
    const silent = createAnthropicModel({ apiKey, baseUrl, streamIdleTimeoutMs: 60 });
    const error = await failure(ask(silent));
    expect(error).toMatchObject({ code: 'SB_MODEL_UNAVAILABLE', retryable: true });
    expect(error.message).toContain('sent nothing for 60 ms');
  });

  it('sends the key, the idempotency key and nothing from the environment', async () => {
    vi.stubEnv('ANTHROPIC_BASE_URL', 'http://127.0.0.1:9');
    vi.stubEnv('ANTHROPIC_AUTH_TOKEN', 'surprise');
    vi.stubEnv('ANTHROPIC_CUSTOM_HEADERS', 'X-Surprise: yes\nAuthorization: Bearer surprise');
    let headers: IncomingMessage['headers'] = {};
    respond = (incoming, response) => {
      headers = incoming.headers;
      stream(response, [start, ...ending('end_turn')]);
      response.end();
    };
    try {
      await ask(createAnthropicModel({ apiKey, baseUrl }));
    } finally {
      vi.unstubAllEnvs();
    }
    expect(headers).toMatchObject({
      authorization: `Bearer ${apiKey}`,
      'idempotency-key': 'session.s1:7:0',
    });
    expect(headers['anthropic-version']).toMatch(/^\d{4}-/);
    expect(JSON.stringify(headers)).not.toContain('urprise');
  });

  it('follows no redirect with the key', async () => {
    let requests = 0;
    respond = (_, response) => {
      requests += 1;
      response.writeHead(307, { location: `${baseUrl}/elsewhere` }).end();
    };
    expect((await failure(ask(createAnthropicModel({ apiKey, baseUrl })))).code).toBe(
      'SB_MODEL_REFUSED',
    );
    expect(requests).toBe(1);
  });

  it('names the place that cannot be reached, and why', async () => {
    const { host, port } = new URL(baseUrl);
    await new Promise((resolve) => server.close(resolve));
    const error = await failure(ask(createAnthropicModel({ apiKey, baseUrl: `http://${host}` })));
    expect(error).toMatchObject({ code: 'SB_MODEL_UNAVAILABLE', retryable: true });
    expect(error.message).toContain(`http://127.0.0.1:${port} cannot be reached: `);
    expect(error.message).toContain('ECONNREFUSED');
  });
});

describe('createAnthropicModel', () => {
  it('refuses an empty key and a base URL that is none', () => {
    expect(() => createAnthropicModel({ apiKey: ' ' })).toThrow(
      expect.objectContaining({ code: 'SB_MODEL_AUTHENTICATION' }),
    );
    for (const baseUrl of ['localhost:80', '/v1', 'http://me:secret@127.0.0.1']) {
      // The whole message: the URL, which may hold a password, is not in it.
      expect(() => createAnthropicModel({ apiKey, baseUrl })).toThrow(
        new SignalboxError(
          'SB_CONFIG_INVALID',
          'the base URL of the Anthropic API is not an http(s) URL without user name and password',
          { next: 'Give a whole URL without /v1, like https://api.anthropic.com.' },
        ),
      );
    }
  });
});
