/**
 * Parses whatever the SDK throws into one of our codes: by class, status and type, never by text.
 * The provider's own words are quoted, with the API key taken out should they repeat it; the SDK's
 * error is not kept as the cause, because it holds those words as they came.
 */
import {
  APIConnectionError,
  APIConnectionTimeoutError,
  APIError,
  APIUserAbortError,
} from '@anthropic-ai/sdk';
import { SignalboxError, assertNever, describeError } from '../../../runtime/contract/errors.ts';

/** Longest quotation of what the provider said: some gateways answer with a whole web page. */
const maxQuotedLength = 400;

interface ModelPlace {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly apiKey: string;
}

type Verdict = 'authentication' | 'limit' | 'refused' | 'unavailable';

export function parseModelError(
  error: unknown,
  signal: AbortSignal,
  place: ModelPlace,
): SignalboxError {
  if (error instanceof SignalboxError && !signal.aborted) return error;
  if (signal.aborted || error instanceof APIUserAbortError) {
    return new SignalboxError('SB_EFFECT_CANCELLED', 'the model call was cancelled');
  }
  if (error instanceof APIConnectionTimeoutError) {
    return unavailable(`the Anthropic API at ${place.origin} did not answer in time`, undefined);
  }
  if (error instanceof APIConnectionError) {
    const reason = redact(describeRootCause(error), place);
    return unavailable(
      `the Anthropic API at ${place.origin} cannot be reached: ${reason}`,
      undefined,
    );
  }
  if (isApiError(error)) return parseApiError(error, place);
  // What is left broke while the answer was read: a closed connection, silence, malformed events.
  const reason = redact(describeRootCause(error), place);
  return unavailable(
    `the answer of the Anthropic API at ${place.origin} broke off: ${reason}`,
    undefined,
  );
}

/** `instanceof` alone leaves the class's type parameters open. */
function isApiError(error: unknown): error is APIError {
  return error instanceof APIError;
}

function parseApiError(error: APIError, place: ModelPlace): SignalboxError {
  const said = quote(error, place);
  const retryAfterMs = parseRetryAfter(error.headers);
  const verdict = judge(error.status, error.type);
  switch (verdict) {
    case 'authentication':
      return new SignalboxError(
        'SB_MODEL_AUTHENTICATION',
        `the Anthropic API refused the API key: ${said}`,
        {
          next: 'Check ANTHROPIC_API_KEY and what its workspace may use.',
        },
      );
    case 'limit':
      return new SignalboxError('SB_MODEL_LIMIT', `the Anthropic API is over a limit: ${said}`, {
        retryable: true,
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      });
    case 'refused':
      return new SignalboxError(
        'SB_MODEL_REFUSED',
        `the Anthropic API refused the request: ${said}`,
        {
          next: 'Check the model name, the base URL and the size of the conversation.',
        },
      );
    case 'unavailable':
      return unavailable(`the Anthropic API failed: ${said}`, retryAfterMs);
    default:
      return assertNever(verdict);
  }
}

/** An error inside a stream has a type and no status. */
function judge(status: number | undefined, type: string | null): Verdict {
  if (status === 401 || status === 403) return 'authentication';
  if (status === 429 || status === 529) return 'limit';
  if (status === 408 || status === 409 || (status !== undefined && status >= 500))
    return 'unavailable';
  if (status !== undefined) return 'refused';
  switch (type) {
    case 'authentication_error':
    case 'permission_error':
      return 'authentication';
    case 'rate_limit_error':
    case 'overloaded_error':
      return 'limit';
    case 'invalid_request_error':
    case 'not_found_error':
    case 'billing_error':
      return 'refused';
    default:
      return 'unavailable';
  }
}

function quote(error: APIError, place: ModelPlace): string {
  const head = [error.status, error.type]
    .filter((part) => part !== undefined && part !== null)
    .join(' ');
  const words = redact(error.apiMessage ?? '', place).slice(0, maxQuotedLength);
  const request = error.requestID ? ` (request ${error.requestID})` : '';
  return `${[head, words].filter((part) => part !== '').join(': ')}${request}`;
}

/** Both header forms the API uses; an HTTP date is left to the effect policy's own back-off. */
function parseRetryAfter(headers: Headers | undefined): number | undefined {
  const milliseconds = parseAmount(headers?.get('retry-after-ms'));
  if (milliseconds !== undefined) return Math.ceil(milliseconds);
  const seconds = parseAmount(headers?.get('retry-after'));
  return seconds === undefined ? undefined : Math.ceil(seconds * 1000);
}

function parseAmount(text: string | null | undefined): number | undefined {
  return text && /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

/** fetch says "fetch failed" and hides the reason (ECONNREFUSED …) in its cause. */
function describeRootCause(error: unknown): string {
  let root = error;
  while (root instanceof Error && root.cause instanceof Error) root = root.cause;
  const code = root instanceof Error && 'code' in root ? String(root.code) : '';
  const message = describeError(root);
  return [code, message]
    .filter((part) => part !== '' && !(part === code && message.includes(code)))
    .join(': ');
}

function redact(text: string, place: ModelPlace): string {
  return text.replaceAll(place.apiKey, '***');
}

function unavailable(message: string, retryAfterMs: number | undefined): SignalboxError {
  return new SignalboxError('SB_MODEL_UNAVAILABLE', message, {
    retryable: true,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}
