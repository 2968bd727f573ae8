/** The circuit breaker: when it opens, who may probe, and what closes it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { admitCall, recordCall, type CallOutcome, type Circuit } from './circuit-breaker.ts';

const policy = { failuresToOpen: 3, openMs: 1_000 };

function fail(circuit: Circuit | undefined, times: number, by = 'a'): Circuit {
  let next: Circuit = circuit ?? { failures: 0 };
  for (let time = 0; time < times; time += 1)
    next = recordCall(next, policy, { by, outcome: 'failed', nowMs: 0 });
  return next;
}

function beginProbe(circuit: Circuit, by: string, nowMs: number): Circuit {
  const admission = admitCall(circuit, policy, by, nowMs);
  if (admission.status !== 'probe') throw new Error(`${by} is not let through`);
  return admission.circuit;
}

describe('a circuit', () => {
  it('stays closed while failures are not in a row', () => {
    const shaken = fail(undefined, 2);
    const calm = recordCall(shaken, policy, { by: 'a', outcome: 'answered', nowMs: 0 });
    expect(admitCall(fail(calm, 2), policy, 'a', 0)).toEqual({ status: 'closed' });
  });

  it('opens after so many failures in a row and says how long', () => {
    expect(admitCall(fail(undefined, 3), policy, 'a', 400)).toEqual({
      status: 'open',
      retryAfterMs: 600,
    });
  });

  it('lets one probe through afterwards, and the next only when that one took too long', () => {
    const probing = beginProbe(fail(undefined, 3), 'a', 1_000);
    expect(admitCall(probing, policy, 'b', 1_200)).toEqual({ status: 'open', retryAfterMs: 800 });
    expect(admitCall(probing, policy, 'b', 2_000)).toMatchObject({ status: 'probe' });
  });

  it.each([
    ['answered', { status: 'closed' }],
    ['failed', { status: 'open', retryAfterMs: 1_000 }],
    ['unknown', { status: 'probe', circuit: { probe: { by: 'b' } } }],
  ] as const)('after a probe that %s lets the next caller see %o', (outcome, expected) => {
    const probing = beginProbe(fail(undefined, 3), 'a', 1_000);
    const after = recordCall(probing, policy, { by: 'a', outcome, nowMs: 1_100 });
    expect(admitCall(after, policy, 'b', 1_100)).toMatchObject(expected);
  });

  it('is not closed by an answer to a call from before it opened', () => {
    const open = fail(undefined, 3);
    expect(recordCall(open, policy, { by: 'late', outcome: 'answered', nowMs: 10 })).toBe(open);
  });

  it('never lets two probe at the same time', () => {
    const outcomes = fc.constantFrom<CallOutcome>('answered', 'failed', 'unknown');
    const moves = fc.array(
      fc.record({
        caller: fc.constantFrom('a', 'b', 'c'),
        afterMs: fc.integer({ min: 0, max: 300 }),
        outcome: outcomes,
      }),
      { maxLength: 80 },
    );
    fc.assert(
      fc.property(moves, (history) => {
        let circuit: Circuit = fail(undefined, 3);
        let nowMs = 0;
        let tooMany = 0;
        const calling = new Map<string, 'closed' | 'probe'>();
        for (const { caller, afterMs, outcome } of history) {
          nowMs += afterMs;
          if (calling.has(caller)) {
            circuit = recordCall(circuit, policy, { by: caller, outcome, nowMs });
            calling.delete(caller);
            continue;
          }
          const admission = admitCall(circuit, policy, caller, nowMs);
          if (admission.status === 'open') continue;
          if (admission.status === 'probe') {
            // One that took longer than `openMs` is given up.
            const tried = [...calling.values()].includes('probe');
            if (tried && nowMs < (circuit.probe?.untilMs ?? 0)) tooMany += 1;
            ({ circuit } = admission);
          }
          calling.set(caller, admission.status);
        }
        expect(tooMany).toBe(0);
      }),
    );
  });
});
