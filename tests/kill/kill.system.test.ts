/**
 * The proof that a job survives `kill -9`: the whole process tree of the demo is killed at instants drawn from a seed
 * and at chosen ones, the same command is started again, and in the end there is exactly one merged change.
 * SEED=<number> repeats a draw.
 */
import { expect, test } from 'vitest';
import type { RunReport } from '../../cli/client/run-report.ts';
import { DemoProcess } from './demo-process.ts';
import { createRandom, drawInstants, type Instant } from './instants.ts';
import { readStoredJob } from './stored-job.ts';
import { verifyEvents } from './verify-events.ts';
import { verifyExecutions } from './verify-executions.ts';
import { verifyRepository } from './verify-repository.ts';

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
console.log(`kill test: SEED=${seed}`);
const random = createRandom(seed);

const drawnJobs = 4;
const killsPerJob = 6;

const scenarios: readonly (readonly [name: string, instants: readonly Instant[]])[] = [
  ['not at all', []],
  ...Array.from(
    { length: drawnJobs },
    (_, job) => [`drawn from the seed, ${job + 1} of ${drawnJobs}`, drawInstants(random, killsPerJob)] as const,
  ),
];

test.concurrent.for(scenarios)('one merged change, killed %s', async ([, instants], { onTestFinished }) => {
  const demo = await DemoProcess.prepare();
  onTestFinished(() => demo.remove());
  for (const instant of instants) if (!(await demo.killAt(instant))) break;
  await expectOneMergedChange(demo);
});

async function expectOneMergedChange(demo: DemoProcess): Promise<void> {
  const { exitCode, stdout } = await demo.finish();
  expect(exitCode, demo.describe()).toBe(0);
  const report = JSON.parse(stdout) as RunReport;
  expect(report, demo.describe()).toMatchObject({
    outcome: 'merged',
    proof: [0, 1].map((round) => ({ round, verdict: 'passed', command: 'npm test', exitCode: 0, undeclared: [], missing: [] })),
  });
  expect(demo.findSurvivors()).toEqual([]);
  const job = await readStoredJob(demo.home, report.session ?? '');
  await verifyRepository(demo.home, report);
  verifyEvents(job);
  verifyExecutions(job, demo.traced.executions());
}
