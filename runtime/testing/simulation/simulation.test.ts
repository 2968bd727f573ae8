/** Thousands of histories under simulated faults, and that a history is the same whenever it is run. */
import { describe, expect, it } from 'vitest';
import { countSeeds, exploreHistories, type Exploration } from './explore.ts';
import { drawPlan } from './plan.ts';
import { describeBroken } from './report.ts';
import { runHistory } from './run-history.ts';

/** From one seed on, so that a failure of this test is one of the change that is tested. */
const fixedHistories = 2_600;
/** From a seed of their own every time: what was never looked at before. */
const newHistories = 400;
const largestSeed = 2 ** 31;
const timeoutMs = 240_000;

/**
 * 190 breaks an invariant when an effect is no longer in hand as soon as it has ended (worker/local-effects.test.ts).
 * The others did before the defects of worker/found-by-simulation.test.ts were mended, with the plans that were drawn
 * then: an effect that a stop has lost, a stale placement, events told twice, a checkpoint saved after a loss.
 */
const remembered = [44, 190, 1_539, 2_607, 5_877];

async function expectAllHold(seeds: Iterable<number>): Promise<Exploration> {
  const exploration = await exploreHistories(seeds);
  const { broken } = exploration;
  expect(broken === undefined ? 'all hold' : await describeBroken(broken.seed)).toBe('all hold');
  return exploration;
}

describe('a history', () => {
  it(
    'is the same to the letter whenever it is run',
    async () => {
      for (const seed of countSeeds(1, 20)) {
        const once = await runHistory(drawPlan(seed));
        const again = await runHistory(drawPlan(seed));
        expect(again.trace.join('\n')).toBe(once.trace.join('\n'));
        expect(once.trace.length).toBeGreaterThan(20);
      }
    },
    timeoutMs,
  );

  it(
    'keeps every invariant, whatever happens in it',
    async () => {
      const { commits } = await expectAllHold(countSeeds(1, fixedHistories));
      expect(commits).toBeGreaterThan(fixedHistories * 5);
    },
    timeoutMs,
  );

  it(
    'keeps every invariant for seeds that once broke one',
    async () => {
      await expectAllHold(remembered);
    },
    timeoutMs,
  );

  it(
    'keeps every invariant for seeds that nobody has tried',
    async () => {
      const seed = Math.floor(Math.random() * largestSeed);
      const { commits } = await expectAllHold(countSeeds(seed, newHistories));
      expect(commits).toBeGreaterThan(newHistories);
    },
    timeoutMs,
  );
});
