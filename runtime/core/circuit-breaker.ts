/**
 * A circuit breaker as a state machine over one shared record: closed while the target answers, open after a number
 * of its failures in a row, and then tried by one probe at a time. Pure.
 */
import { z } from 'zod';
import { assertNever } from '../contract/errors.ts';

export interface BreakerPolicy {
  /** Failures of the target in a row that open the circuit. */
  readonly failuresToOpen: number;
  /** How long nobody calls the target, and how long a probe may take before the next one. */
  readonly openMs: number;
}

export const circuitSchema = z.object({
  /** Failures in a row. */
  failures: z.number().int().nonnegative(),
  openUntilMs: z.number().exactOptional(),
  /** Who tries the target, and until when nobody else does. */
  probe: z.object({ by: z.string(), untilMs: z.number() }).exactOptional(),
});
export type Circuit = Readonly<z.infer<typeof circuitSchema>>;

export type Admission =
  | { readonly status: 'closed' }
  | { readonly status: 'open'; readonly retryAfterMs: number }
  /** The caller may try as the only one, if it stores this record. */
  | { readonly status: 'probe'; readonly circuit: Circuit };

/** `unknown`: cut off before the target could say anything. */
export type CallOutcome = 'answered' | 'failed' | 'unknown';

const closed: Circuit = { failures: 0 };

export function admitCall(
  circuit: Circuit | undefined,
  { openMs }: BreakerPolicy,
  by: string,
  nowMs: number,
): Admission {
  if (circuit?.openUntilMs === undefined) return { status: 'closed' };
  if (nowMs < circuit.openUntilMs)
    return { status: 'open', retryAfterMs: circuit.openUntilMs - nowMs };
  const { probe } = circuit;
  if (probe !== undefined && probe.by !== by && nowMs < probe.untilMs)
    return { status: 'open', retryAfterMs: probe.untilMs - nowMs };
  return { status: 'probe', circuit: { ...circuit, probe: { by, untilMs: nowMs + openMs } } };
}

/** The record after a call; the same one when there is nothing to store. */
export function recordCall(
  known: Circuit | undefined,
  { failuresToOpen, openMs }: BreakerPolicy,
  call: { readonly by: string; readonly outcome: CallOutcome; readonly nowMs: number },
): Circuit {
  const circuit = known ?? closed;
  const isOpen = circuit.openUntilMs !== undefined;
  const isProbe = circuit.probe?.by === call.by;
  // A call from before the circuit opened says nothing new; only the probe decides.
  if (isOpen && !isProbe) return circuit;
  switch (call.outcome) {
    case 'answered':
      return circuit.failures === 0 ? circuit : closed;
    case 'failed': {
      const failures = circuit.failures + 1;
      return isOpen || failures >= failuresToOpen
        ? { failures, openUntilMs: call.nowMs + openMs }
        : { failures };
    }
    case 'unknown': {
      const { probe: _, ...others } = circuit;
      return isProbe ? others : circuit;
    }
    default:
      return assertNever(call.outcome);
  }
}
