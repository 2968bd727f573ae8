/** The events and the conversation of a run like the demo job, in the order in which they are stored. */
import {
  callModel,
  createStoryteller,
  finishTool,
  returns,
  says,
  startStep,
  startTool,
  together,
  type Chapter,
  type Storyteller,
} from './storyteller.ts';

const testCommand = 'npm test';
const failure = `> tiny-math@1.0.0 test
> node --test

✖ clamp keeps a value inside its bounds (1.2 ms)
  AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:

  12 !== 10

      at TestContext.<anonymous> (test/clamp.test.ts:8:10)
      at Test.runInAsyncScope (node:async_hooks:206:9)
      at Test.run (node:internal/test_runner/test:631:25)

ℹ tests 6
ℹ pass 5
ℹ fail 1
ℹ duration_ms 61.4`;

const goal = 'clamp() returns values above its upper bound: make the failing test pass';
const sha = '4f1d2a9c0b7e63518d24fa90c1e7b85d36a2904e';

/** From the start to the end of the first step. */
function tellUnderstanding(runId: string, { event, entry }: Storyteller): readonly Chapter[] {
  return [
    event('run', 'runStarted', 'preparing', {
      goal,
      repository: '/home/dev/tiny-math',
      workflow: 'change',
      source: 'dispatch',
    }),
    event('run', 'sessionStarted', 'running.awaitingHandoff', {
      session: `${runId}::session`,
      branch: `signalbox/${runId}`,
      baseBranch: 'main',
      origin: '/home/dev/tiny-math.git',
    }),
    event('session', 'sessionQueued', 'queued', { goal, run: runId, workflow: 'change 1.0.0' }),
    event('session', 'sessionPreparing', 'preparing', {
      worktree: `/home/dev/.signalbox/worktrees/${runId}`,
      branch: `signalbox/${runId}`,
    }),
    startStep(event, 0, 'understand', 'Understand'),
    entry({
      type: 'prompt',
      source: 'step',
      stepId: 'understand',
      text: '# Understand (step 1 of 4)\n\nRead the code that the goal names and the tests around it. Run the tests once. Say in your notes what is wrong and where.',
    }),
    entry(
      says('I will run the tests first to see what fails.', 'bash', 't1', {
        command: testCommand,
        timeoutMs: 60_000,
      }),
    ),
    callModel(event, 1, 'bash'),
    startTool(event, 'bash', 't1'),
    entry(returns('t1', 'bash', failure, 1)),
    finishTool(event, 'bash', 't1', 1),
    entry(
      says('One test fails: the value itself is returned.', 'read', 't2', { path: 'src/clamp.ts' }),
    ),
    startTool(event, 'read', 't2'),
    entry(
      returns('t2', 'read', '1\texport function clamp(value: number, low: number, high: number)'),
    ),
    finishTool(event, 'read', 't2'),
    event('session', 'stepCompleted', 'thinking.calling', {
      step: 'understand',
      notes: 'clamp returns the value instead of the bound',
    }),
  ];
}

/** The change, and the tests again. */
function tellChange({ event, entry }: Storyteller): readonly Chapter[] {
  return [
    startStep(event, 1, 'change', 'Make the change'),
    entry({
      type: 'prompt',
      source: 'step',
      stepId: 'change',
      text: 'Make the smallest change that reaches the goal.',
    }),
    entry(
      says('Returning the bound fixes it.', 'edit', 't3', {
        path: 'src/clamp.ts',
        oldText: 'if (value > high) return value;',
        newText: 'if (value > high) return high;',
      }),
    ),
    startTool(event, 'edit', 't3'),
    entry(returns('t3', 'edit', '1 replacement in src/clamp.ts')),
    finishTool(event, 'edit', 't3'),
    entry(says('Running the tests again.', 'bash', 't4', { command: testCommand })),
    startTool(event, 'bash', 't4'),
    entry(returns('t4', 'bash', 'ℹ tests 6\nℹ pass 6\nℹ fail 0', 0)),
    finishTool(event, 'bash', 't4', 0),
  ];
}

/** The handoff, the proof record, the push; the session parks. */
function tellDelivery(runId: string, { event }: Storyteller): readonly Chapter[] {
  const title = 'Clamp to the upper bound';
  return [
    event('session', 'handedOver', 'handingOver.delivering', {
      round: 0,
      title,
      artifact: `runs/${runId}/handoff-0.json`,
    }),
    event('run', 'handoffReceived', 'running.verifying', { round: 0, title }),
    event('run', 'proofRecorded', 'running.committing', {
      round: 0,
      verdict: 'passed',
      command: testCommand,
      exitCode: 0,
      durationMs: 912,
      declaredFiles: ['src/clamp.ts', 'test/clamp.test.ts'],
      changedFiles: ['src/clamp.ts'],
      undeclared: [],
      missing: ['test/clamp.test.ts'],
      sideEffects: [],
      output: `runs/${runId}/tests-0.txt`,
    }),
    event('run', 'changeCommitted', 'running.pushing', {
      sha,
      subject: 'clamp to the upper bound',
      commits: 1,
    }),
    event('run', 'branchPushed', 'running.reporting', { sha, branch: `signalbox/${runId}` }),
    event('run', 'changeHandedToMergeRequest', 'running.watching', { sha }),
    event('session', 'sessionParked', 'parked', { round: 0 }),
    event('merge-request', 'mergeRequestOpened', 'awaitingReview.looking', {
      repository: '/home/dev/tiny-math.git',
      number: 1,
      link: 'signalbox mr show --repo /home/dev/tiny-math.git 1',
      title,
      headSha: sha,
    }),
  ];
}

/** A review steers the parked session, which sets to work. */
function tellReview({ event, entry }: Storyteller): readonly Chapter[] {
  const body = 'Please also cover the lower bound with a test.';
  const text = `Merge request 1 needs changes.\n\nmaya wrote:\n${body}`;
  return [
    event('merge-request', 'reviewReceived', 'addressingReview.working', {
      comment: '000001',
      author: 'maya',
      verdict: 'changesRequested',
      body,
    }),
    event('merge-request', 'changesRequested', 'addressingReview.working', {
      round: 1,
      reason: text,
    }),
    event('session', 'steered', 'queued', { text, from: 'the merge request' }),
    startStep(event, 1, 'change', 'Make the change', 1),
    entry({ type: 'prompt', source: 'steer', text }),
    entry(
      says('I will add that test.', 'bash', 't5', {
        command:
          "cat >> test/clamp.test.ts <<'EOF'\ntest('clamp keeps a value above its lower bound', () => {\n  assert.equal(clamp(-3, 0, 10), 0);\n});\nEOF\nnpm test",
      }),
    ),
    together(callModel(event, 5, 'bash'), startTool(event, 'bash', 't5')),
  ];
}

/** From the start of a run to the parked session that waits for a review. */
export function tellUntilParked(runId: string, startMs: number): readonly Chapter[] {
  const teller = createStoryteller(runId, startMs);
  return [
    ...tellUnderstanding(runId, teller),
    ...tellChange(teller),
    ...tellDelivery(runId, teller),
  ];
}

/** From the start of a run to a session that addresses the review of its merge request. */
export function tellDemoRun(runId: string, startMs: number): readonly Chapter[] {
  return [
    ...tellUntilParked(runId, startMs),
    ...tellReview(createStoryteller(runId, startMs + 40_000, 200)),
  ];
}

/** What follows when the review has been addressed. */
export function tellDemoEnd(runId: string, startMs: number): readonly Chapter[] {
  const { event, entry } = createStoryteller(runId, startMs, 1_000);
  const reason = `merged as ${sha}`;
  return [
    entry(returns('t5', 'bash', 'ℹ tests 7\nℹ pass 7\nℹ fail 0', 0)),
    finishTool(event, 'bash', 't5', 0),
    event('session', 'sessionParked', 'parked', { round: 1 }),
    event('merge-request', 'mergeRequestMerged', 'merged', { sha }, 'done'),
    event('session', 'sessionCompleted', 'completed', { reason }, 'done'),
    event('run', 'runCompleted', 'completed', { outcome: 'merged', reason }, 'done'),
  ];
}

/** The end of a run whose session was killed in the middle of its work. */
export function tellKill(runId: string, startMs: number): readonly Chapter[] {
  const { event } = createStoryteller(runId, startMs, 2_000);
  const reason = 'killed from the console';
  const ended = `the session was killed: ${reason}`;
  return [
    event('session', 'sessionKilled', 'killed', { reason }, 'done'),
    event('merge-request', 'mergeRequestEscalated', 'escalated', { reason: ended }, 'done'),
    event('run', 'runFailed', 'failed', { outcome: 'failed', reason: ended }, 'done'),
  ];
}
