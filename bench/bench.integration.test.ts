/** The quick run as a smoke test: every figure is there and makes sense. Never how fast it is. */
import { describe, expect, it } from 'vitest';
import type { Figure } from './figure.ts';
import { formatReport } from './report-text.ts';
import { quickScale } from './scale.ts';
import { benchmarkNames, runSuite, syncModes } from './suite.ts';

describe('the benchmark', () => {
  it('measures every figure in both sync modes', { timeout: 60_000 }, async () => {
    const report = await runSuite({
      names: benchmarkNames,
      syncModes,
      scale: quickScale,
      progress: () => undefined,
    });

    for (const figure of report.figures) {
      expect(figure).toSatisfy(({ median }: Figure) => median > 0);
      expect(figure.min).toBeLessThanOrEqual(figure.median);
      expect(figure.max).toBeGreaterThanOrEqual(figure.median);
      expect(Number.isFinite(figure.max)).toBe(true);
    }
    const rows = new Set(
      report.figures.map(({ benchmark, syncMode, subject, actors }) =>
        [benchmark, syncMode, subject, actors].join(', '),
      ),
    );
    const expectedRows = syncModes.flatMap((syncMode) => [
      ...quickScale.actorCounts.flatMap((actors) =>
        ['floor', 'floor with inbox', 'commands', 'local effects'].map(
          (subject) => `transitions, ${syncMode}, ${subject}, ${actors}`,
        ),
      ),
      `transitions, ${syncMode}, commands, 16 deep, 20`,
      `backlog, ${syncMode}, queued commands, 10`,
      ...[2, 6, 60].map((step) => `step-cost, ${syncMode}, step ${step}, 1`),
      ...[2, 3, 30].map((step) => `session-steps, ${syncMode}, step ${step}, 1`),
      ...['load and restore', 'first command', 'next command'].map(
        (subject) => `activation, ${syncMode}, ${subject}, 20`,
      ),
      ...quickScale.chainCounts.flatMap((actors) =>
        ['local effects', 'pool effects'].map(
          (subject) => `effect-chain, ${syncMode}, ${subject}, ${actors}`,
        ),
      ),
    ]);
    expect([...rows].toSorted()).toEqual(expectedRows.toSorted());
    expect(formatReport(report)).toContain('floor with inbox');
  });
});
