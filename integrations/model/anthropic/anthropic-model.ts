/**
 * The `anthropic` model port: one streamed Messages API call per turn, over the official SDK.
 * Leaves retries to the runtime's effect policy (the SDK's own are off) and reads no environment:
 * everything the SDK would look up there is given, and guarded-fetch.ts drops what it adds anyway.
 */
import { Anthropic } from '@anthropic-ai/sdk';
import type {
  ModelCallOptions,
  ModelPort,
  ModelRequest,
  ModelTurn,
} from '../../../actors/ports/model.ts';
import { SignalboxError } from '../../../runtime/contract/errors.ts';
import { parseModelError } from './error-parsing.ts';
import { createGuardedFetch } from './guarded-fetch.ts';
import { buildMessageRequest } from './message-request.ts';
import { assembleTurn } from './turn-assembly.ts';

const defaultBaseUrl = 'https://api.anthropic.com';
/** A long prompt may take a while to be read before the first byte comes back. */
const defaultRequestTimeoutMs = 120_000;
/** The API sends pings every few seconds; this much silence means the connection is dead. */
const defaultStreamIdleTimeoutMs = 60_000;

export interface AnthropicOptions {
  readonly apiKey: string;
  /** Without a trailing `/v1`. Default: the public API. */
  readonly baseUrl?: string;
  /** Longest wait for the response to begin. */
  readonly requestTimeoutMs?: number;
  /** Longest silence on the wire once the response has begun; pings count as life. */
  readonly streamIdleTimeoutMs?: number;
  /** Ceiling on the output tokens of one turn, whatever a request asks for. Default: none. */
  readonly maxOutputTokens?: number;
}

/** Throws `SB_MODEL_AUTHENTICATION` for an empty key and `SB_CONFIG_INVALID` for a bad base URL. */
export function createAnthropicModel(options: AnthropicOptions): ModelPort {
  const origin = checkOptions(options);
  const requestTimeoutMs = options.requestTimeoutMs ?? defaultRequestTimeoutMs;
  const authorization = `Bearer ${options.apiKey}`;
  const client = new Anthropic({
    apiKey: options.apiKey,
    baseURL: options.baseUrl ?? defaultBaseUrl,
    webhookKey: null,
    maxRetries: 0,
    timeout: requestTimeoutMs,
    logLevel: 'off',
    openTelemetry: false,
    fetch: createGuardedFetch({
      authorization,
      idleTimeoutMs: options.streamIdleTimeoutMs ?? defaultStreamIdleTimeoutMs,
    }),
  });
  const place = { origin, apiKey: options.apiKey };

  return {
    async complete(request: ModelRequest, call: ModelCallOptions): Promise<ModelTurn> {
      const body = buildMessageRequest(request, options.maxOutputTokens);
      try {
        const events = await client.messages.create(body, {
          signal: call.signal,
          headers: { 'Idempotency-Key': request.idempotencyKey },
        });
        return await assembleTurn(events, call.onDelta);
      } catch (error) {
        throw parseModelError(error, call.signal, place);
      }
    },
  };
}

function checkOptions(options: AnthropicOptions): string {
  if (options.apiKey.trim() === '') {
    throw new SignalboxError(
      'SB_MODEL_AUTHENTICATION',
      'there is no API key for the Anthropic API',
      {
        next: 'Set one with `export ANTHROPIC_API_KEY=…`, or choose a recording as the model.',
      },
    );
  }
  const baseUrl = options.baseUrl ?? defaultBaseUrl;
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  // The URL is not quoted: it may hold a password, which is one reason to refuse it.
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    url.username !== '' ||
    url.password !== ''
  ) {
    throw new SignalboxError(
      'SB_CONFIG_INVALID',
      'the base URL of the Anthropic API is not an http(s) URL without user name and password',
      { next: `Give a whole URL without /v1, like ${defaultBaseUrl}.` },
    );
  }
  return url.origin;
}
