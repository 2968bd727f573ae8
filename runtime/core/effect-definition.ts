/**
 * How an effect is defined: `localEffect`, `poolEffect`. Definitions are data plus the effect's code; running
 * it is the worker's business.
 */
import type { z } from 'zod';
import type { ActorAddress } from '../contract/address.ts';
import type { Json } from '../contract/json.ts';

export interface RetryPolicy {
  /** Attempts in all, the first included. */
  readonly maxAttempts: number;
  readonly initialDelayMs: number;
  /** Delays double up to here; a provider's own "retry after" wins when it is longer. */
  readonly maxDelayMs: number;
}

export const noRetry: RetryPolicy = { maxAttempts: 1, initialDelayMs: 0, maxDelayMs: 0 };

/** What an effect's code may use. */
export interface EffectContext {
  /** `<kind>.<id>.<n>-<i>`: the same in every attempt; the idempotency key towards the outside. */
  readonly effectId: string;
  readonly actor: ActorAddress;
  /** 1 for the first attempt; attempts before a crash count. */
  readonly attempt: number;
  readonly signal: AbortSignal;
  /**
   * Runs `produce` once per effect and step name: after a crash the stored value is returned instead.
   * `local` effects store nothing, so theirs runs in every attempt.
   */
  readonly step: <Value extends Json>(
    name: string,
    produce: () => Promise<Value>,
  ) => Promise<Value>;
}

/** What to do when a worker died while the effect was under way and nobody knows whether it happened. */
export type UnknownOutcomePolicy = 'retry' | 'idempotent' | 'probe' | 'ask';

export type ProbeAnswer<Output> =
  | { readonly happened: true; readonly output: Output }
  | { readonly happened: false };

interface EffectOptions<Input, Output> {
  readonly input: z.ZodType<Input>;
  /** Of one attempt, in milliseconds. */
  readonly deadlineMs: number | ((input: Input) => number);
  readonly retry?: RetryPolicy;
  readonly whenUnknown:
    | 'retry'
    | 'idempotent'
    | 'ask'
    | { readonly probe: (input: Input, context: EffectContext) => Promise<ProbeAnswer<Output>> };
  readonly run: (input: Input, context: EffectContext) => Promise<Output>;
}

export interface EffectDefinition {
  readonly placement: 'local' | 'pool';
  /** Name of the pool; undefined for `local`. */
  readonly pool: string | undefined;
  readonly retry: RetryPolicy;
  readonly whenUnknown: UnknownOutcomePolicy;
  readonly deadlineMs: (input: unknown) => number;
  readonly execute: (input: unknown, context: EffectContext) => Promise<unknown>;
  readonly probe: (input: unknown, context: EffectContext) => Promise<ProbeAnswer<unknown>>;
}

/** An effect run by the worker that owns the actor; its result is the actor's next commit. For short work. */
export function localEffect<Input, Output>(
  options: EffectOptions<Input, Output>,
): EffectDefinition {
  return toDefinition('local', undefined, options);
}

/** An effect that goes through the work queue of a pool. For long or specialised work. */
export function poolEffect<Input, Output>(
  pool: string,
  options: EffectOptions<Input, Output>,
): EffectDefinition {
  return toDefinition('pool', pool, options);
}

function toDefinition<Input, Output>(
  placement: 'local' | 'pool',
  pool: string | undefined,
  options: EffectOptions<Input, Output>,
): EffectDefinition {
  const { whenUnknown, deadlineMs } = options;
  return {
    placement,
    pool,
    retry: options.retry ?? noRetry,
    whenUnknown: typeof whenUnknown === 'object' ? 'probe' : whenUnknown,
    deadlineMs: (input) =>
      typeof deadlineMs === 'number' ? deadlineMs : deadlineMs(options.input.parse(input)),
    execute: (input, context) => options.run(options.input.parse(input), context),
    probe: async (input, context) =>
      typeof whenUnknown === 'object'
        ? whenUnknown.probe(options.input.parse(input), context)
        : { happened: false },
  };
}
