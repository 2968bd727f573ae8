/**
 * How an effect is defined: `localEffect`, `poolEffect`. Definitions are data plus the effect's code; running
 * it is the worker's business.
 */
import type { z } from 'zod';
import type { ActorAddress } from '../contract/address.ts';
import type { Json } from '../contract/json.ts';
import type { BreakerPolicy } from './circuit-breaker.ts';
import type { Priority } from './lanes.ts';
import { noRetry, type RetryPolicy } from './retry.ts';

/** What an effect's code may use. */
export interface EffectContext {
  /** `<kind>.<id>.<n>-<i>`: the same in every attempt; the idempotency key towards the outside. */
  readonly effectId: string;
  readonly actor: ActorAddress;
  /** 1 for the first attempt; attempts before a crash count. */
  readonly attempt: number;
  readonly signal: AbortSignal;
  /** The worker's clock, in milliseconds since 1970. */
  readonly nowMs: () => number;
  /** W3C `traceparent` of this attempt, for the headers of requests; absent when nobody traces. */
  readonly traceparent?: string;
  /**
   * Runs `produce` once per effect and step name: after a crash the stored value is returned instead.
   * `local` effects store nothing, so theirs runs in every attempt.
   */
  readonly step: <Value extends Json>(
    name: string,
    produce: () => Promise<Value>,
  ) => Promise<Value>;
  /**
   * Says that the effect has got further; cheap enough to be called for every piece of an answer. Where the
   * definition has `stallAfterMs`, the actor is told when this has not been called for so long.
   */
  readonly progress: (note?: string) => void;
}

/** What to do when a worker died while the effect was under way and nobody knows whether it happened. */
export type UnknownOutcomePolicy = 'retry' | 'idempotent' | 'probe' | 'ask';

export type ProbeAnswer<Output> =
  | { readonly happened: true; readonly output: Output }
  | { readonly happened: false };

/** Tokens that one attempt takes from a bucket that all workers share. Its limit is an option of the worker. */
export interface RateLimitUse {
  /** One per provider and account. A bucket without a limit lets everything through. */
  readonly bucket: string;
  /** Default: 1. */
  readonly tokens?: number;
}

/** A circuit breaker that all workers share. While it is open, attempts fail at once with `SB_CIRCUIT_OPEN`. */
export interface CircuitUse<Input> extends BreakerPolicy {
  /** What is protected; undefined: nothing, for this input. */
  readonly target: (input: Input) => string | undefined;
  /** Codes of errors that are the target's fault. Any other error means that it has answered. */
  readonly faults: readonly string[];
}

interface EffectOptions<Input, Output> {
  readonly input: z.ZodType<Input>;
  /** Of one attempt, in milliseconds. Waiting for a rate limit does not count. */
  readonly deadlineMs: number | ((input: Input) => number);
  readonly retry?: RetryPolicy;
  readonly whenUnknown:
    | 'retry'
    | 'idempotent'
    | 'ask'
    | { readonly probe: (input: Input, context: EffectContext) => Promise<ProbeAnswer<Output>> };
  readonly run: (input: Input, context: EffectContext) => Promise<Output>;
  /** Without progress for so long the actor gets the event `effect.stalled`; the effect goes on. */
  readonly stallAfterMs?: number;
  readonly rateLimit?: (input: Input) => RateLimitUse | undefined;
  readonly circuit?: CircuitUse<Input>;
}

interface PoolEffectOptions<Input, Output> extends EffectOptions<Input, Output> {
  /** Default: `normal`. What waits behind others is decided by it; nothing is passed over for ever. */
  readonly priority?: Priority | ((input: Input) => Priority);
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
  readonly stallAfterMs: number | undefined;
  readonly rateLimit: (input: unknown) => RateLimitUse | undefined;
  readonly circuit: CircuitUse<unknown> | undefined;
  readonly priority: (input: unknown) => Priority;
}

/**
 * An effect run by the worker that owns the actor; its result is the actor's next commit. For short work. The result is
 * JSON of at most 256 KiB; errors and retries: docs/effects.md.
 */
export function localEffect<Input, Output>(
  options: EffectOptions<Input, Output>,
): EffectDefinition {
  return toDefinition('local', undefined, options);
}

/**
 * An effect that goes through the work queue of a pool, to any worker with that pool. For long or specialised work. Result
 * and errors are as those of `localEffect`.
 */
export function poolEffect<Input, Output>(
  pool: string,
  options: PoolEffectOptions<Input, Output>,
): EffectDefinition {
  return toDefinition('pool', pool, options);
}

function toDefinition<Input, Output>(
  placement: 'local' | 'pool',
  pool: string | undefined,
  options: PoolEffectOptions<Input, Output>,
): EffectDefinition {
  const { whenUnknown, deadlineMs, rateLimit } = options;
  const parse = (input: unknown): Input => options.input.parse(input);
  return {
    placement,
    pool,
    retry: options.retry ?? noRetry,
    whenUnknown: typeof whenUnknown === 'object' ? 'probe' : whenUnknown,
    stallAfterMs: options.stallAfterMs,
    deadlineMs: (input) => (typeof deadlineMs === 'number' ? deadlineMs : deadlineMs(parse(input))),
    execute: (input, context) => options.run(parse(input), context),
    probe: async (input, context) =>
      typeof whenUnknown === 'object'
        ? whenUnknown.probe(parse(input), context)
        : { happened: false },
    rateLimit: (input) => rateLimit?.(parse(input)),
    circuit: bindCircuit(options),
    priority: bindPriority(options),
  };
}

function bindCircuit<Input, Output>(
  options: EffectOptions<Input, Output>,
): CircuitUse<unknown> | undefined {
  const { circuit } = options;
  if (circuit === undefined) return undefined;
  return { ...circuit, target: (input) => circuit.target(options.input.parse(input)) };
}

function bindPriority<Input, Output>(
  options: PoolEffectOptions<Input, Output>,
): EffectDefinition['priority'] {
  const { priority = 'normal' } = options;
  if (typeof priority === 'string') return () => priority;
  return (input) => {
    // An input that does not fit ends the effect with that error when it is run, not the actor's transition.
    const parsed = options.input.safeParse(input);
    return parsed.success ? priority(parsed.data) : 'normal';
  };
}
