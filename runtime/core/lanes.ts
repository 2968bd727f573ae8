/**
 * The lanes of a pool's queue: three by priority, and a few for crowds. A run puts its first effects of a moment into
 * the lane of their priority; what is beyond its share waits in one of the crowd lanes, by run. So nobody waits
 * behind more than a share of any one run, however many effects it has queued. Pure.
 */
import { rootOf } from '../contract/actor-tree.ts';
import { hashText } from '../contract/subjects.ts';
import { takeTokens, type Bucket } from './token-bucket.ts';

export type Priority = 'high' | 'normal' | 'low';

/** Several crowds share what is left of a pool; two of them in one lane wait for each other. */
const crowdLanes = ['crowd-0', 'crowd-1', 'crowd-2', 'crowd-3'] as const;

export const lanes = ['high', 'normal', 'low', ...crowdLanes] as const;
export type Lane = (typeof lanes)[number];

/** What one run may put into the lanes of the priorities, per pool: at once, and again every second. */
export const runShare = { capacity: 16, refillPerSecond: 8 };
/** Runs whose share is remembered; one that has been forgotten begins with a full one. */
const maxRunsRemembered = 10_000;

/** Turns, relative to each other, among the lanes that have something: a low one is slow and never stands still. */
const weights: Readonly<Record<Lane, number>> = {
  high: 8,
  normal: 4,
  low: 1,
  'crowd-0': 1,
  'crowd-1': 1,
  'crowd-2': 1,
  'crowd-3': 1,
};

export type ChooseLane = (item: {
  readonly pool: string;
  readonly actorId: string;
  readonly priority: Priority;
  readonly nowMs: number;
}) => Lane;

/** Remembers what every run has used of its share: forgetting it, as a restart does, lets it begin anew. */
export function createLaneChooser(): ChooseLane {
  const shares = new Map<string, Bucket>();
  return ({ pool, actorId, priority, nowMs }) => {
    const run = rootOf(actorId);
    const key = `${pool} ${run}`;
    const { bucket, granted } = takeTokens(shares.get(key), runShare, [1], nowMs);
    // The run that was heard of longest ago is forgotten first.
    shares.delete(key);
    shares.set(key, bucket);
    if (shares.size > maxRunsRemembered) {
      const [oldest] = shares.keys();
      if (oldest !== undefined) shares.delete(oldest);
    }
    return granted > 0 ? priority : (crowdLanes[hashText(run) % crowdLanes.length] ?? 'crowd-0');
  };
}

/** The lane whose turn it is among those that have something, by weight; told of every choice. */
export interface LaneTurns {
  next(candidates: readonly Lane[]): Lane | undefined;
}

/** Smooth weighted turns: everybody gains its weight, the richest goes and pays for all. */
export function createLaneTurns(): LaneTurns {
  const credit = new Map<Lane, number>();
  return {
    next: (candidates) => {
      let best: Lane | undefined;
      let total = 0;
      for (const lane of candidates) {
        total += weights[lane];
        const gained = (credit.get(lane) ?? 0) + weights[lane];
        credit.set(lane, gained);
        if (best === undefined || gained > (credit.get(best) ?? 0)) best = lane;
      }
      if (best !== undefined) credit.set(best, (credit.get(best) ?? 0) - total);
      return best;
    },
  };
}
