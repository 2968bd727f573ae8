/** Circuit breakers that all workers share, by target. What is known of one is looked up again after a second. */
import { SignalboxError, describeError } from '../contract/errors.ts';
import type { Json } from '../contract/json.ts';
import {
  admitCall,
  circuitSchema,
  recordCall,
  type BreakerPolicy,
  type CallOutcome,
  type Circuit,
} from '../core/circuit-breaker.ts';
import type { Clock, SharedRecords } from '../core/storage.ts';
import type { WorkerLog } from './log.ts';

/** How long another worker's finding may go unnoticed: the price of a call that asks nobody. */
const freshMs = 1_000;
/** Others were faster so often: they are at it, and we need not be. */
const maxAttempts = 8;

export interface GuardedCall {
  readonly target: string;
  readonly policy: BreakerPolicy;
  /** Tells this call from every other. */
  readonly by: string;
}

export interface CircuitBreakers {
  /** Throws `SB_CIRCUIT_OPEN`, retryable, when the target must not be called now. */
  admit(call: GuardedCall): Promise<void>;
  record(call: GuardedCall, outcome: CallOutcome): Promise<void>;
}

interface Known {
  readonly circuit: Circuit | undefined;
  readonly revision: number;
  readonly readAtMs: number;
}

export function createCircuitBreakers(options: {
  readonly shared: SharedRecords;
  readonly clock: Clock;
  readonly log: WorkerLog;
}): CircuitBreakers {
  const { shared, clock, log } = options;
  const cache = new Map<string, Known>();

  const read = async (target: string): Promise<Known> => {
    const record = await shared.read(`circuit.${target}`);
    const parsed = circuitSchema.safeParse(record?.value);
    const circuit = parsed.success ? parsed.data : undefined;
    const known = { circuit, revision: record?.revision ?? 0, readAtMs: clock.nowMs() };
    cache.set(target, known);
    return known;
  };
  const recall = async (target: string): Promise<Known> => {
    const known = cache.get(target);
    return known !== undefined && clock.nowMs() - known.readAtMs < freshMs ? known : read(target);
  };
  /** False: someone else was faster. */
  const store = async (target: string, { revision }: Known, circuit: Circuit): Promise<boolean> => {
    const value: Json = { ...circuit };
    const stored = await shared.write(`circuit.${target}`, value, revision);
    if (stored === undefined) cache.delete(target);
    else cache.set(target, { circuit, revision: stored, readAtMs: clock.nowMs() });
    return stored !== undefined;
  };
  const admit = async (call: GuardedCall): Promise<void> => {
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const known = await recall(call.target);
      const admission = admitCall(known.circuit, call.policy, call.by, clock.nowMs());
      if (admission.status === 'closed') return;
      if (admission.status === 'open') throw refuse(call, admission.retryAfterMs);
      if (await store(call.target, known, admission.circuit)) {
        log.info('circuit: one call tries the target', { target: call.target, by: call.by });
        return;
      }
    }
    throw refuse(call, call.policy.openMs);
  };
  const record = async (call: GuardedCall, outcome: CallOutcome): Promise<void> => {
    const { target, policy, by } = call;
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const known = await recall(target);
      const before = known.circuit ?? { failures: 0 };
      const after = recordCall(before, policy, { by, outcome, nowMs: clock.nowMs() });
      if (after === before) return;
      if (!(await store(target, known, after))) continue;
      if (after.openUntilMs !== undefined && outcome === 'failed')
        log.warn('circuit opened', { target, failures: after.failures, forMs: policy.openMs });
      if (before.openUntilMs !== undefined && after.openUntilMs === undefined)
        log.info('circuit closed', { target });
      return;
    }
  };
  /** Without the store nobody knows; a call that could be made must not fail for that. */
  const tolerate = async (what: string, run: () => Promise<void>): Promise<void> => {
    try {
      await run();
    } catch (error) {
      if (!(error instanceof SignalboxError) || error.code === 'SB_CIRCUIT_OPEN') throw error;
      log.warn(`circuit not ${what}`, { error: describeError(error), code: error.code });
    }
  };
  return {
    admit: (call) => tolerate('consulted', () => admit(call)),
    record: (call, outcome) => tolerate('updated', () => record(call, outcome)),
  };
}

function refuse({ target }: GuardedCall, retryAfterMs: number): SignalboxError {
  return new SignalboxError(
    'SB_CIRCUIT_OPEN',
    `${target} has failed several times in a row and is left alone for a while`,
    { retryable: true, retryAfterMs },
  );
}
