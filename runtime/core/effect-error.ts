/**
 * Errors of effects. An effect's code throws an `EffectFailure` with a code of its own (or a `SignalboxError`);
 * the machine gets it in `onError` as an `EffectError`: data, told apart by its code.
 */
import { z } from 'zod';
import { describeError, SignalboxError } from '../contract/errors.ts';

export interface EffectFailureOptions {
  readonly cause?: unknown;
  /** Whether the same attempt may succeed later without anyone changing anything. Default: false. */
  readonly retryable?: boolean;
  /** Earliest sensible retry, in milliseconds from now, when the other side said so. */
  readonly retryAfterMs?: number;
  /** What a person can do next, as one sentence. */
  readonly next?: string;
}

/** What an effect's author throws. Codes are the author's own; those that begin with `SB_` are the runtime's. */
export class EffectFailure extends Error {
  override readonly name = 'EffectFailure';
  readonly code: string;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly next: string | undefined;

  /** Throws `SB_INPUT_INVALID` for a code that begins with `SB_`. */
  constructor(code: string, message: string, options: EffectFailureOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    if (code.startsWith('SB_')) {
      throw new SignalboxError(
        'SB_INPUT_INVALID',
        `"${code}" cannot be a code of an effect: codes that begin with SB_ are the runtime's`,
        { next: 'Throw a SignalboxError, or choose another code.' },
      );
    }
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs;
    this.next = options.next;
  }
}

/** Whatever an effect's code has thrown, as one of the two that have a code. */
export function toEffectFailure(thrown: unknown): EffectFailure | SignalboxError {
  if (thrown instanceof EffectFailure || thrown instanceof SignalboxError) return thrown;
  return new SignalboxError('SB_EFFECT_FAILED', describeError(thrown), { cause: thrown });
}

const effectErrorSchema = z.object({
  code: z.string(),
  message: z.string(),
  retryable: z.boolean(),
  /** What a person can do next, where the effect said so. */
  next: z.string().exactOptional(),
});
export type EffectError = Readonly<z.infer<typeof effectErrorSchema>>;

/**
 * For `onError`: the error of an effect, by its code. Never throws; anything else, such as the error of a child actor, has
 * the code `SB_EFFECT_FAILED` and its text.
 */
export function readEffectError(error: unknown): EffectError {
  const parsed = effectErrorSchema.safeParse(error);
  return parsed.success
    ? parsed.data
    : {
        code: 'SB_EFFECT_FAILED',
        message: typeof error === 'string' ? error : JSON.stringify(error),
        retryable: false,
      };
}

/** For the reason that a person reads: what happened, its code, and what to do next. */
export function describeEffectError(error: unknown): string {
  const { code, message, next } = readEffectError(error);
  return `${message} (${code})${next === undefined ? '' : `. ${next}`}`;
}
