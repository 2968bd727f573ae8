/** What a step costs as history grows: one actor, one command after the other, the first beside the last. */
import { createCommitWatch } from './commit-watch.ts';
import type { Environment } from './environment.ts';
import { toFigures, type Figure, type Round } from './figure.ts';
import { startFleet } from './ledger-fleet.ts';
import type { Scale } from './scale.ts';
import { median } from './statistics.ts';

/** Steps whose median stands for the cost at a point of history. */
const windowSteps = 40;

export async function measureStepCost(
  environment: Environment,
  scale: Scale,
): Promise<readonly Figure[]> {
  const { steps, warmUpSteps, rounds } = scale.stepCost;
  const watch = createCommitWatch();
  const worker = await environment.startWorker(watch);
  const takeSteps = async (name: string, count: number): Promise<readonly number[]> => {
    const fleet = await startFleet(name, 1, environment.storage.commands, watch);
    const elapsedMs: number[] = [];
    for (let step = 0; step < count; step += 1) {
      const startedAt = performance.now();
      await fleet.post(0);
      elapsedMs.push(performance.now() - startedAt);
    }
    return elapsedMs;
  };
  await takeSteps('steps-warm-up', warmUpSteps);
  const histories: (readonly number[])[] = [];
  for (let round = 0; round < rounds; round += 1) {
    histories.push(await takeSteps(`steps-${round}`, steps));
  }
  await worker.stop();
  return [2, steps / 10, steps].flatMap((step) => {
    const row = { subject: `step ${step}`, actors: 1, syncMode: environment.server.syncMode };
    return toFigures(
      { ...row, benchmark: 'step-cost' },
      histories.map((history) => costAt(history, step)),
    );
  });
}

function costAt(history: readonly number[], step: number): Round {
  const elapsedMs = windowMedian(history, step);
  return { 'p50 ms': elapsedMs, 'of step 2': elapsedMs / windowMedian(history, 2) };
}

function windowMedian(history: readonly number[], step: number): number {
  const width = Math.min(windowSteps, history.length / 3);
  const start = Math.max(1, Math.min(history.length - width, step - width / 2));
  return median(history.slice(start, start + width));
}
