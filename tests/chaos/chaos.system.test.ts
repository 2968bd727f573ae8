/** The short run of `npm run chaos`: a cluster of real servers, a few faults, and nothing acknowledged lost or done twice. */
import { expect, it } from 'vitest';
import { runChaos } from './run-chaos.ts';

it(
  'keeps its promises when a worker, a server and a network fail',
  { timeout: 120_000 },
  async () => {
    const lines: string[] = [];
    const report = await runChaos({
      topology: 'cluster',
      seed: 6,
      kinds: ['workerKill', 'leaderKill', 'isolation'],
      durationMs: 0,
      quietLimitMs: 45_000,
      log: (line) => lines.push(line),
    });
    expect({ ...report, lines }).toMatchObject({
      violations: [],
      lost: 0,
      twice: 0,
      faults: { workerKill: 1, leaderKill: 1, isolation: 1 },
    });
    expect(report.acknowledged).toBeGreaterThan(0);
    expect(report.takeovers).toBeGreaterThan(0);
  },
);
