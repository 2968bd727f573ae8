/** What an attempt has to pass before it is made: the target's circuit breaker, then the rate limit. */
import { SignalboxError } from '../contract/errors.ts';
import type { CallOutcome } from '../core/circuit-breaker.ts';
import type { CircuitUse, EffectDefinition } from '../core/effect-definition.ts';
import { toEffectFailure } from '../core/effect-error.ts';
import type { Clock, SharedRecords } from '../core/storage.ts';
import type { BucketLimit } from '../core/token-bucket.ts';
import {
  createCircuitBreakers,
  type CircuitBreakers,
  type GuardedCall,
} from './circuit-breakers.ts';
import { cancelled } from './effect-attempt.ts';
import type { WorkerLog } from './log.ts';
import { createRateLimiter, type RateLimiter } from './rate-limiter.ts';

/** Limits by the name of the bucket; effects name it in `rateLimit`. */
export type RateLimits = Readonly<Record<string, BucketLimit>>;

export interface GatedAttempt {
  readonly definition: EffectDefinition;
  readonly effectId: string;
  readonly attempt: number;
  readonly input: unknown;
  readonly signal: AbortSignal;
}

export interface EffectGates {
  /** Makes the attempt when it may be made. Throws what the attempt throws, and `SB_CIRCUIT_OPEN`. */
  pass<Value>(call: GatedAttempt, attempt: () => Promise<Value>): Promise<Value>;
}

export function createEffectGates(options: {
  readonly shared: SharedRecords;
  readonly limits: RateLimits;
  readonly clock: Clock;
  readonly log: WorkerLog;
}): EffectGates {
  const breakers = createCircuitBreakers(options);
  const limiter = createRateLimiter(options);
  const { clock, log } = options;
  const pass = <Value>(call: GatedAttempt, attempt: () => Promise<Value>): Promise<Value> => {
    const { circuit } = call.definition;
    const limited = (): Promise<Value> => passLimit({ limiter, clock, log }, call, attempt);
    return circuit === undefined ? limited() : passCircuit(breakers, circuit, call, limited);
  };
  return { pass };
}

async function passCircuit<Value>(
  breakers: CircuitBreakers,
  circuit: CircuitUse<unknown>,
  { effectId, attempt: number, input, signal }: GatedAttempt,
  attempt: () => Promise<Value>,
): Promise<Value> {
  const target = circuit.target(input);
  if (target === undefined) return attempt();
  const guarded: GuardedCall = { target, policy: circuit, by: `${effectId}#${number}` };
  await breakers.admit(guarded);
  try {
    const value = await attempt();
    await breakers.record(guarded, 'answered');
    return value;
  } catch (error) {
    await breakers.record(guarded, signal.aborted ? 'unknown' : judge(circuit, error));
    throw error;
  }
}

function judge({ faults }: CircuitUse<unknown>, error: unknown): CallOutcome {
  const { code } = toEffectFailure(error);
  if (faults.includes(code)) return 'failed';
  return code === 'SB_EFFECT_DEADLINE' || code === 'SB_EFFECT_CANCELLED' ? 'unknown' : 'answered';
}

async function passLimit<Value>(
  {
    limiter,
    clock,
    log,
  }: { readonly limiter: RateLimiter; readonly clock: Clock; readonly log: WorkerLog },
  { definition, effectId, input, signal }: GatedAttempt,
  attempt: () => Promise<Value>,
): Promise<Value> {
  const use = definition.rateLimit(input);
  if (use === undefined) return attempt();
  const { bucket, tokens = 1 } = use;
  let told = false;
  await limiter.take({ bucket, tokens }, signal, () => {
    if (!told) log.info('effect waits for a rate limit', { effectId, bucket });
    told = true;
  });
  if (signal.aborted) throw cancelled(signal.reason);
  try {
    return await attempt();
  } catch (error) {
    const { retryAfterMs } = toEffectFailure(error);
    if (retryAfterMs !== undefined) await pause(limiter, bucket, clock.nowMs() + retryAfterMs, log);
    throw error;
  }
}

/** What the provider has asked of one is meant for all. */
async function pause(
  limiter: RateLimiter,
  bucket: string,
  untilMs: number,
  log: WorkerLog,
): Promise<void> {
  try {
    await limiter.pause(bucket, untilMs);
  } catch (error) {
    if (!(error instanceof SignalboxError)) throw error;
    log.warn('rate limit not paused', { bucket, code: error.code, error: error.message });
  }
}
