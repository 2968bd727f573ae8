/** The error of an effect as a machine gets it in `onError`: data, told apart by its code. */
import { z } from 'zod';

const effectErrorSchema = z.object({
  code: z.string(),
  message: z.string(),
  retryable: z.boolean(),
  /** What a person can do next, where the effect said so. */
  next: z.string().exactOptional(),
});
export type EffectError = Readonly<z.infer<typeof effectErrorSchema>>;

/** Of a child actor that failed, the error is its message. */
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
