/**
 * The proof that a job survives `kill -9`: the whole process tree of the demo is killed at instants drawn from a seed
 * and at chosen ones, the same command is started again, and in the end there is exactly one merged change.
 * SEED=<number> draws others. Runs what `npm run build` has built.
 */
import { expect, test } from 'vitest';
import type { RunReport } from '../../cli/client/run-report.ts';
import { DemoProcess } from './demo-process.ts';
import { createRandom, drawInstants, type Instant } from './instants.ts';
import { readStoredJob } from './stored-job.ts';
import { verifyEvents } from './verify-events.ts';
import { verifyExecutions } from './verify-executions.ts';
import { verifyRepository } from './verify-repository.ts';

/** The same draw everywhere, unless another one is asked for; what a machine makes of its instants differs anyway. */
const seed = Number(process.env['SEED'] ?? 20_261_120);
console.log(`kill test: SEED=${seed}`);
const random = createRandom(seed);

const drawnJobs = 2;
const killsPerJob = 8;
/** A job takes ten seconds, a kill up to five more; several jobs share a machine that may be busy. */
const timeoutMs = 300_000;

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

const atWork: readonly Instant[] = [
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
];

const alone: readonly Instant[] = [
  { type: 'told', text: 'prepares its worktree', afterMs: 0, alone: true },
  { type: 'command', text: 'glob: ', afterMs: 200, alone: true },
  { type: 'command', text: 'hands over: ', afterMs: 200, alone: true },
];

const scenarios: readonly (readonly [name: string, instants: readonly Instant[]])[] = [
  [
    'between a commit and its relay, and before it has told its end',
    [
      ...announced.map((event): Instant => ({ type: 'commit', event })),
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
  { timeout: timeoutMs },
  async ([, instants], { onTestFinished }) => {
    const demo = await DemoProcess.prepare();
    onTestFinished(() => demo.remove());
    for (const instant of instants) if (!(await demo.killAt(instant))) break;
    // The last instants of a job are close to its end, and a busy machine may come too late for one.
    expect(demo.kills.length, demo.describe()).toBeGreaterThanOrEqual(instants.length - 1);
    await expectOneMergedChange(demo);
  },
);

test.concurrent(
  'one merged change, killed while something is at work',
  { timeout: timeoutMs },
  async ({ onTestFinished }) => {
    const demo = await DemoProcess.prepare();
    onTestFinished(() => demo.remove());
    for (const instant of atWork) expect(await demo.killAt(instant), demo.describe()).toBe(true);
    const { report, ran } = await expectOneMergedChange(demo);
    // The kills met what they were meant for: two calls of bash, and the verification of the first round.
    expect(report.counts.interruptedToolCalls).toBe(2);
    expect(ran.get('verification of round 0')).toBe(2);
  },
);

test.concurrent(
  'one merged change, killed without what it has started, and its NATS server alone',
  { timeout: timeoutMs },
  async ({ onTestFinished }) => {
    const demo = await DemoProcess.prepare();
    onTestFinished(() => demo.remove());
    for (const instant of alone) expect(await demo.killAt(instant), demo.describe()).toBe(true);
    demo.startOnly();
    await demo.untilTold('merge request 1 opened');
    await demo.killNatsServer();
    await demo.untilTold('(rework 1)');
    await demo.killNatsServer();
    // What the tests have said is stored while there is no server, or it has just come back.
    await demo.untilTold('hands over: ', 2);
    await demo.killNatsServer();
    await expectOneMergedChange(demo);
  },
);

async function expectOneMergedChange(
  demo: DemoProcess,
): Promise<{ readonly report: RunReport; readonly ran: ReadonlyMap<string, number> }> {
  const { exitCode, stdout } = await demo.finish();
  expect(exitCode, demo.describe()).toBe(0);
  const report = JSON.parse(stdout) as RunReport;
  const proof = {
    verdict: 'passed',
    command: 'npm test',
    exitCode: 0,
    undeclared: [],
    missing: [],
  };
  expect(report, demo.describe()).toMatchObject({
    outcome: 'merged',
    proof: [0, 1].map((round) => ({ round, ...proof })),
  });
  expect(demo.findSurvivors()).toEqual([]);
  const job = await readStoredJob(demo.home, report.session ?? '');
  await verifyRepository(demo.home, report);
  verifyEvents(job);
  const ran = verifyExecutions(job, demo.traced.executions(), demo.killsMs);
  return { report, ran };
}
