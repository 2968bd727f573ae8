/**
 * Who has begun an effect before, from the journal: `claim-<k>` is written by the k-th who does, before it begins, and
 * `released-<k>` by one that stops in good order. So a second claim means that the effect was begun and did not end.
 */
import { SignalboxError, describeError } from '../contract/errors.ts';
import type { Json } from '../contract/json.ts';
import type { Clock, Journal } from '../core/storage.ts';
import type { WorkerLog } from './log.ts';
import { persistently } from './persistence.ts';

/** An effect that has taken this many workers down with it is given up, not tried on the next one. */
export const maxClaims = 5;
/** Claims in all, those of workers that stopped in good order included. */
const mostClaims = 100;

export interface ClaimContext {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: WorkerLog;
  readonly signal: AbortSignal;
}

export interface Claim {
  /** 1 when nobody has claimed the effect before. */
  readonly number: number;
  /** Too many of those before have died. */
  readonly isLast: boolean;
}

/** `claimant` tells this claim from every other: one whose acknowledgement was lost is still ours. */
export async function claimEffect(
  context: ClaimContext,
  effectId: string,
  claimant: string,
): Promise<Claim> {
  for (let number = 1; number <= mostClaims; number += 1) {
    const { stored, value } = await persistently(context, `claim of ${effectId}`, () =>
      context.journal.put(effectId, `claim-${number}`, { claimant }),
    );
    if (!stored && !isOurs(value, claimant)) continue;
    const deaths = number <= maxClaims ? 0 : await countDeaths(context, effectId, number);
    return { number, isLast: deaths >= maxClaims };
  }
  return { number: mostClaims + 1, isLast: true };
}

/** Says that the effect was cut off by a stop in good order. If that is lost, it counts as one death more. */
export async function releaseClaim(
  { journal, log }: ClaimContext,
  effectId: string,
  { number }: Claim,
): Promise<void> {
  try {
    await journal.put(effectId, `released-${number}`, true);
  } catch (error) {
    log.warn('claim not released', { effectId, error: describeError(error) });
  }
}

/** What an effect ends with that nobody dares to begin once more. */
export function refuseLast(): SignalboxError {
  return new SignalboxError(
    'SB_EFFECT_INTERRUPTED',
    `${maxClaims} workers died while this was under way; it is not tried on another`,
    { next: 'Look at what the workers logged before they died, and start the work anew.' },
  );
}

async function countDeaths(
  context: ClaimContext,
  effectId: string,
  number: number,
): Promise<number> {
  const earlier = Array.from({ length: number - 1 }, (_, index) => index + 1);
  const releases = await Promise.all(
    earlier.map((claim) =>
      persistently(context, `claims of ${effectId}`, () =>
        context.journal.get(effectId, `released-${claim}`),
      ),
    ),
  );
  return releases.filter((release) => release === undefined).length;
}

function isOurs(value: Json, claimant: string): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    'claimant' in value &&
    value['claimant'] === claimant
  );
}
