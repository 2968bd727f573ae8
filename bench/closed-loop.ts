/** A closed loop: every lane takes its next turn when its last one has ended, until the time is up. */
import { percentile } from './statistics.ts';

export interface LoopResult {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Turns under way when the time is up are waited for and counted, in the turns and in the time. */
export async function runClosedLoop(
  lanes: number,
  durationMs: number,
  turn: (lane: number) => Promise<void>,
): Promise<LoopResult> {
  const latenciesMs: number[] = [];
  const startedAt = performance.now();
  const endsAt = startedAt + durationMs;
  const runLane = async (lane: number): Promise<void> => {
    for (let begunAt = performance.now(); begunAt < endsAt;) {
      await turn(lane);
      const now = performance.now();
      latenciesMs.push(now - begunAt);
      begunAt = now;
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, lane) => runLane(lane)));
  const elapsedMs = performance.now() - startedAt;
  return {
    perSecond: (latenciesMs.length / elapsedMs) * 1_000,
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
  };
}
