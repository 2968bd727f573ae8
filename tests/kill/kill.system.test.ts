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

const drawnJobs = 3;
const killsPerJob = 7;

/** Events whose commit is cut off from its relay, in the order in which the job comes to them. */
const announced = [
  'deliveryAccepted',
  'sessionStarted',
  'slotGiven',
  'modelCalled',
  'handedOver',
  'changeCommitted',
  'mergeRequestOpened',
  'changesRequested',
  'sessionParked',
  'mergeRequestMerged',
  'runCompleted',
];

const scenarios: readonly (readonly [name: string, instants: readonly Instant[]])[] = [
  ['between a commit and its relay', announced.map((event) => ({ type: 'commit', event }))],
  [
    'while something is at work',
    [
      { type: 'startUp', afterMs: 250 },
      { type: 'startUp', afterMs: 700 },
      { type: 'git', command: 'worktree' },
      { type: 'commit', state: 'thinking.calling', afterMs: 75 },
      { type: 'command', text: 'glob: ', afterMs: 250 },
      { type: 'command', text: 'hands over: ', afterMs: 250 },
      { type: 'git', command: 'commit' },
      { type: 'git', command: 'push' },
      { type: 'command', text: '(rework 1)', afterMs: 250 },
      { type: 'git', command: 'update-ref', following: 'merge-tree' },
      { type: 'told', text: 'runCompleted', afterMs: 0 },
    ],
  ],
  ...Array.from(
    { length: drawnJobs },
    (_, job) =>
      [`at drawn instants, ${job + 1} of ${drawnJobs}`, drawInstants(random, killsPerJob)] as const,
  ),
];

test.concurrent.for(scenarios)(
  'one merged change, killed %s',
  async ([, instants], { onTestFinished }) => {
    const demo = await DemoProcess.prepare();
    onTestFinished(() => demo.remove());
    for (const instant of instants) if (!(await demo.killAt(instant))) break;
    await expectOneMergedChange(demo);
  },
);

test.concurrent('one merged change, killed without what it has started, and its NATS server alone', async ({
  onTestFinished,
}) => {
  const demo = await DemoProcess.prepare();
  onTestFinished(() => demo.remove());
  await demo.killAt({ type: 'told', text: 'prepares its worktree', afterMs: 0, alone: true });
  await demo.killAt({ type: 'command', text: 'glob: ', afterMs: 200, alone: true });
  await demo.killAt({ type: 'command', text: 'hands over: ', afterMs: 200, alone: true });
  demo.startOnly();
  await demo.untilTold('merge request 1 opened');
  await demo.killNatsServer();
  await demo.untilTold('(rework 1)');
  await demo.killNatsServer();
  await expectOneMergedChange(demo);
});

async function expectOneMergedChange(demo: DemoProcess): Promise<void> {
  const { exitCode, stdout } = await demo.finish();
  expect(exitCode, demo.describe()).toBe(0);
  const report = JSON.parse(stdout) as RunReport;
  expect(report, demo.describe()).toMatchObject({
    outcome: 'merged',
    proof: [0, 1].map((round) => ({
      round,
      verdict: 'passed',
      command: 'npm test',
      exitCode: 0,
      undeclared: [],
      missing: [],
    })),
  });
  expect(demo.findSurvivors()).toEqual([]);
  const job = await readStoredJob(demo.home, report.session ?? '');
  await verifyRepository(demo.home, report);
  verifyEvents(job);
  verifyExecutions(job, demo.traced.executions());
}
