/** Answers that are not what was asked for: `{ error: { code, message, next } }` and their HTTP status. */
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { SignalboxError, describeError, type ErrorCode } from '../runtime/contract/errors.ts';
import type { GatewayLog } from './gateway-options.ts';

export interface Problem {
  readonly code: ErrorCode;
  /** What happened, to which thing. */
  readonly message: string;
  /** What to do next. */
  readonly next: string;
}

/** A lost NATS server is restarted within seconds; a client need not wait longer before it asks again. */
const defaultRetryAfterMs = 5000;

export function answerProblem(
  context: Context,
  status: ContentfulStatusCode,
  problem: Problem,
): Response {
  context.header('Cache-Control', 'no-store');
  return context.json({ error: problem }, status);
}

/** Only codes whose cause lies with the caller or passes by itself; any other is our failure: 500. */
const statusByCode: Partial<Record<ErrorCode, ContentfulStatusCode>> = {
  SB_ADDRESS_INVALID: 400,
  SB_INPUT_INVALID: 400,
  SB_NOT_FOUND: 404,
  SB_NATS_UNAVAILABLE: 503,
  SB_STORAGE_FULL: 507,
};

/**
 * The answer to whatever a route threw. A `SignalboxError` is written for people and is shown; of
 * anything else only a reference is, because its text may hold paths or secrets.
 */
export function answerError(
  context: Context,
  error: unknown,
  service: { readonly log: GatewayLog; readonly newId: () => string },
): Response {
  if (!(error instanceof SignalboxError)) {
    const reference = service.newId();
    service.log.error('a request failed', {
      reference,
      method: context.req.method,
      path: context.req.path,
      error: describeError(error),
      stack: error instanceof Error ? error.stack : undefined,
    });
    return answerProblem(context, 500, {
      code: 'SB_INTERNAL',
      message: `The request failed for a reason nobody foresaw (reference ${reference})`,
      next: 'Look the reference up in the log of signalbox and report what it says.',
    });
  }
  const status = statusByCode[error.code] ?? (error.retryable ? 503 : 500);
  if (status >= 500) {
    service.log.warn('a request could not be served', {
      path: context.req.path,
      code: error.code,
      error: error.message,
    });
  }
  if (status === 503) {
    const seconds = Math.ceil((error.retryAfterMs ?? defaultRetryAfterMs) / 1000);
    context.header('Retry-After', String(seconds));
  }
  return answerProblem(context, status, {
    code: error.code,
    message: error.message,
    next: error.next ?? (status === 503 ? 'Try again in a moment.' : 'Run `signalbox doctor`.'),
  });
}
