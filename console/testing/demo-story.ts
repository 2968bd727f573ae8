/** The events and the conversation of a run like the demo job, in the order in which they are stored. */
import type { EventEnvelope } from '../../runtime/contract/event.ts';
import type { Json } from '../../runtime/contract/json.ts';
import type { ConversationItem, TranscriptEntry } from '../../runtime/contract/transcript.ts';
import { namespace } from './stored-streams.ts';

export type Chapter =
  | { readonly type: 'event'; readonly event: EventEnvelope }
  | { readonly type: 'entry'; readonly entry: TranscriptEntry };

export interface Storyteller {
  readonly event: (
    actor: 'run' | 'session' | 'merge-request',
    type: string,
    state: string,
    data?: Readonly<Record<string, Json>>,
    status?: EventEnvelope['status'],
  ) => Chapter;
  readonly entry: (item: ConversationItem) => Chapter;
}

const kinds = { run: 'coordinator', session: 'session', 'merge-request': 'merge-request' } as const;

/** Chapters a second apart; the first has the number `firstNumber + 1` and happens a second after `startMs`. */
export function createStoryteller(runId: string, startMs: number, firstNumber = 0): Storyteller {
  let count = firstNumber;
  const at = (): string => new Date(startMs + (count - firstNumber) * 1_000).toISOString();
  return {
    event: (actor, type, state, data = {}, status = 'active') => {
      count += 1;
      const id = actor === 'run' ? runId : `${runId}::${actor}`;
      const kind = kinds[actor];
      return {
        type: 'event',
        event: {
          v: 1,
          namespace,
          kind,
          actor: id,
          type,
          at: at(),
          n: count,
          state,
          status,
          data,
          id: `${kind}.${id}:${count}:0`,
          cause: `cause-${count}`,
        },
      };
    },
    entry: (item) => {
      count += 1;
      const session = `${runId}::session`;
      return {
        type: 'entry',
        entry: { v: 1, id: `${session}-${count}`, session, at: at(), item },
      };
    },
  };
}

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

function says(
  text: string,
  tool: string,
  id: string,
  input: Record<string, Json>,
): ConversationItem {
  return {
    type: 'assistant',
    model: 'replay',
    blocks: [
      { type: 'text', text },
      { type: 'toolCall', id, name: tool, input },
    ],
    usage: { inputTokens: 1_840, outputTokens: 96 },
    stopReason: 'toolUse',
  };
}

function returns(
  toolCallId: string,
  tool: string,
  text: string,
  exitCode?: number,
): Extract<ConversationItem, { type: 'toolResult' }> {
  return {
    type: 'toolResult',
    toolCallId,
    tool,
    outcome: exitCode === undefined || exitCode === 0 ? 'succeeded' : 'failed',
    ...(exitCode === undefined ? {} : { exitCode }),
    text,
    durationMs: exitCode === undefined ? 3 : 842,
  };
}

/** From the start to the end of the first step. */
function tellUnderstanding(runId: string, { event, entry }: Storyteller): readonly Chapter[] {
  return [
    event('run', 'runStarted', 'awaitingSession', {
      goal: 'clamp() returns values above its upper bound: make the failing test pass',
      repository: '/home/dev/tiny-math',
      branch: `signalbox/${runId}`,
      session: `${runId}::session`,
    }),
    event('session', 'sessionQueued', 'queued'),
    event('session', 'sessionPreparing', 'preparing'),
    event('session', 'stepStarted', 'thinking', {
      step: 'understand',
      title: 'Understand the task',
    }),
    entry({
      type: 'prompt',
      source: 'step',
      stepId: 'understand',
      text: 'Understand the task before you change anything.\n\nRead the code that the goal names and the tests around it. Run the tests once. Say in your notes what is wrong and where.',
    }),
    entry(
      says('I will run the tests first to see what fails.', 'bash', 't1', {
        command: testCommand,
        timeoutMs: 60_000,
      }),
    ),
    event('session', 'modelCalled', 'acting', {
      turn: 1,
      usage: { inputTokens: 1_840, outputTokens: 96 },
    }),
    event('session', 'toolStarted', 'acting', { tool: 'bash', command: testCommand }),
    entry(returns('t1', 'bash', failure, 1)),
    event('session', 'toolFinished', 'thinking', { tool: 'bash', outcome: 'failed', exitCode: 1 }),
    entry(
      says(
        'One test fails. The upper bound is compared, but the value itself is returned.',
        'read',
        't2',
        { path: 'src/clamp.ts' },
      ),
    ),
    event('session', 'toolStarted', 'acting', { tool: 'read', path: 'src/clamp.ts' }),
    entry(
      returns(
        't2',
        'read',
        'export function clamp(value: number, low: number, high: number): number {\n  if (value < low) return low;\n  if (value > high) return value;\n  return value;\n}',
      ),
    ),
    event('session', 'toolFinished', 'thinking', { tool: 'read', outcome: 'succeeded' }),
    event('session', 'stepCompleted', 'thinking', {
      step: 'understand',
      notes: 'clamp returns the value instead of the bound',
    }),
  ];
}

/** The change, and the tests again. */
function tellChange({ event, entry }: Storyteller): readonly Chapter[] {
  return [
    event('session', 'stepStarted', 'thinking', { step: 'change', title: 'Make the change' }),
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
    entry(returns('t3', 'edit', '1 replacement in src/clamp.ts')),
    event('session', 'toolFinished', 'thinking', { tool: 'edit', outcome: 'succeeded' }),
    entry(says('Running the tests again.', 'bash', 't4', { command: testCommand })),
    entry(returns('t4', 'bash', 'ℹ tests 6\nℹ pass 6\nℹ fail 0', 0)),
    event('session', 'toolFinished', 'handingOver', {
      tool: 'bash',
      outcome: 'succeeded',
      exitCode: 0,
    }),
  ];
}

/** The handoff, the proof record, the push. */
function tellDelivery(runId: string, { event }: Storyteller): readonly Chapter[] {
  const sha = '4f1d2a9c0b7e63518d24fa90c1e7b85d36a2904e';
  return [
    event('session', 'handedOver', 'parked', { title: 'fix: clamp to the upper bound' }),
    event('run', 'handoffReceived', 'verifying', { title: 'fix: clamp to the upper bound' }),
    event('run', 'testsRan', 'verifying', { command: testCommand, exitCode: 0, durationMs: 912 }),
    event('run', 'proofRecorded', 'delivering', {
      command: testCommand,
      exitCode: 0,
      durationMs: 912,
      declaredFiles: ['src/clamp.ts'],
      changedFiles: ['src/clamp.ts', 'test/clamp.test.ts'],
      undeclared: ['test/clamp.test.ts'],
      missing: [],
      verdict: 'verified, with undeclared changes',
    }),
    event('run', 'committed', 'delivering', { sha }),
    event('run', 'pushed', 'delivering', { branch: `signalbox/${runId}` }),
    event('run', 'mergeRequestRequested', 'awaitingMerge'),
  ];
}

/** A review steers the parked session, which sets to work. */
function tellReview({ event, entry }: Storyteller): readonly Chapter[] {
  return [
    event('merge-request', 'mergeRequestOpened', 'awaitingReview', {
      number: 1,
      link: 'signalbox mr show 1',
    }),
    event('merge-request', 'reviewReceived', 'addressingReview', {
      author: 'maya',
      verdict: 'changesRequested',
      body: 'Please also cover the lower bound with a test.',
    }),
    event('session', 'steered', 'thinking', {
      text: 'Please also cover the lower bound with a test.',
    }),
    entry({
      type: 'prompt',
      source: 'steer',
      text: 'maya reviewed merge request !1 and asks for changes:\n\n> Please also cover the lower bound with a test.',
    }),
    entry(
      says('I will add that test.', 'bash', 't5', {
        command:
          "cat >> test/clamp.test.ts <<'EOF'\ntest('clamp keeps a value above its lower bound', () => {\n  assert.equal(clamp(-3, 0, 10), 0);\n});\nEOF\nnpm test",
      }),
    ),
    event('session', 'toolStarted', 'acting', { tool: 'bash' }),
  ];
}

/** From the webhook to a session that addresses the review of its merge request. */
export function tellDemoRun(runId: string, startMs: number): readonly Chapter[] {
  const teller = createStoryteller(runId, startMs);
  return [
    ...tellUnderstanding(runId, teller),
    ...tellChange(teller),
    ...tellDelivery(runId, teller),
    ...tellReview(teller),
  ];
}

/** What follows when the review has been addressed. */
export function tellDemoEnd(runId: string, startMs: number): readonly Chapter[] {
  const { event, entry } = createStoryteller(runId, startMs, 1_000);
  return [
    entry(returns('t5', 'bash', 'ℹ tests 7\nℹ pass 7\nℹ fail 0', 0)),
    event('session', 'toolFinished', 'parked', { tool: 'bash', outcome: 'succeeded', exitCode: 0 }),
    event('merge-request', 'checksReported', 'merging', { verdict: 'passed' }),
    event(
      'merge-request',
      'mergeRequestMerged',
      'merged',
      { sha: '9be0c1d2e3f405162738495a6b7c8d9e0f1a2b3c' },
      'done',
    ),
    event('session', 'sessionCompleted', 'completed', { reason: 'its change was merged' }, 'done'),
    event('run', 'runCompleted', 'completed', { outcome: 'merged' }, 'done'),
  ];
}
