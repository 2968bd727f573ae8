/** The quick run as a smoke test: every figure is there and makes sense. Never how fast it is. */
import { describe, expect, it } from 'vitest';
import type { SyncMode } from '../runtime/nats/embedded/server-environment.ts';
import type { Figure } from './figure.ts';
import { formatMarkdown } from './markdown.ts';
import { formatReport } from './report-text.ts';
import { quickScale } from './scale.ts';
import { benchmarkNames, runSuite, type Report } from './suite.ts';

function run(names: readonly string[], syncMode: SyncMode): Promise<Report> {
  const syncModes = [syncMode];
  return runSuite({ names, syncModes, scale: quickScale, progress: () => undefined });
}

function rowsOf({ figures }: Report): readonly string[] {
  const rows = figures.map(({ benchmark, syncMode, subject, actors }) =>
    [benchmark, syncMode, subject, actors].join(', '),
  );
  return [...new Set(rows)].toSorted();
}

function expectSense({ figures }: Report): void {
  for (const figure of figures) {
    // What one actor adds to a process is less than chance adds when there are so few.
    const expected = figure.measure.endsWith(' each') ? -Infinity : 0;
    expect(figure).toSatisfy(({ median }: Figure) => median > expected);
    expect(figure.min).toBeLessThanOrEqual(figure.median);
    expect(figure.max).toBeGreaterThanOrEqual(figure.median);
    expect(Number.isFinite(figure.max)).toBe(true);
  }
}

const transitionRows = (syncMode: SyncMode): readonly string[] => [
  ...quickScale.actorCounts.flatMap((actors) =>
    ['floor', 'floor with inbox', 'commands', 'local effects'].map(
      (subject) => `transitions, ${syncMode}, ${subject}, ${actors}`,
    ),
  ),
  `transitions, ${syncMode}, commands, 16 deep, 20`,
];

const subjectsOfOthers: Readonly<Record<string, readonly string[]>> = {
  backlog: ['queued commands, 10', 'one command each, 40'],
  latency: ['command to event, 1', 'command to event, 10'],
  scaling: ['1 worker, 20', '2 workers, 20'],
  recovery: ['in memory', 'same worker, started again', 'another worker takes over'].map(
    (subject) => `${subject}, 50`,
  ),
  parked: ['starting them', 'disk', 'server memory', 'worker', 'first command'].map(
    (subject) => `${subject}, 50`,
  ),
  timers: [
    'set, 10 by each actor, 20',
    'server memory, 20',
    'audit of all partitions, 20',
    'due at one time, 10',
  ],
  'step-cost': [2, 6, 60].map((step) => `step ${step}, 1`),
  'session-steps': [2, 3, 30].map((step) => `step ${step}, 1`),
  activation: ['load and restore', 'first command', 'next command'].map(
    (subject) => `${subject}, 20`,
  ),
  'effect-chain': quickScale.chainCounts.flatMap((actors) =>
    ['local effects', 'pool effects'].map((subject) => `${subject}, ${actors}`),
  ),
};

describe('the benchmark', () => {
  it('measures every figure', { timeout: 60_000 }, async () => {
    // Without the other engines, which have to be downloaded.
    const report = await run([...benchmarkNames, 'parked'], 'interval');
    expectSense(report);
    const others = Object.entries(subjectsOfOthers).flatMap(([name, subjects]) =>
      subjects.map((subject) => `${name}, interval, ${subject}`),
    );
    expect(rowsOf(report)).toEqual([...transitionRows('interval'), ...others].toSorted());
  });

  it('measures in the other sync mode too, and says in which', { timeout: 60_000 }, async () => {
    const report = await run(['transitions'], 'always');
    expectSense(report);
    expect(rowsOf(report)).toEqual(transitionRows('always').toSorted());
    expect(formatReport(report)).toContain('transitions, sync always');
    expect(formatMarkdown(report)).toContain('| floor with inbox | always | 100 |');
  });
});
