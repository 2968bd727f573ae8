/** One line per event, for every event that there is, whatever it holds. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CoordinatorEvent } from '../../actors/coordinator/coordinator.events.ts';
import type { MergeRequestEvent } from '../../actors/merge-request/merge-request.events.ts';
import type { SessionEvent } from '../../actors/session/session.events.ts';
import type { TriggerEvent } from '../../actors/trigger/trigger.machine.ts';
import type { ScheduleEvent, WorkQueueEvent } from '../../runtime/mod.ts';
import type { JsonObject } from '../../runtime/contract/json.ts';
import { makeStoredEvent } from '../../runtime/testing/stored-event.ts';
import { narrate } from './narrate.ts';

type RuntimeEvent =
  | { readonly type: 'actorEnded'; readonly error?: JsonObject }
  | { readonly type: 'actorLost'; readonly reason: string }
  | { readonly type: 'actorMigrated'; readonly from: number; readonly to: number }
  | { readonly type: 'actorQuarantined'; readonly reason: string }
  | { readonly type: 'actorReleased'; readonly since: string }
  | {
      readonly type: 'actorStartFailed';
      readonly reason: JsonObject;
      readonly command: string;
      readonly letter: string;
    }
  | {
      readonly type: 'childFailed';
      readonly child: string;
      readonly error: string;
      readonly verdict: 'restart' | 'stop';
    }
  | { readonly type: 'childRestarted'; readonly child: string; readonly restarts: number }
  | {
      readonly type: 'commandDeadLettered';
      readonly letter: string;
      readonly command: string;
      readonly commandType: string;
      readonly error: string;
    }
  | {
      readonly type: 'commandRefused';
      readonly reason: string;
      readonly command: string;
      readonly commandType: string;
    };
type Told =
  | CoordinatorEvent
  | MergeRequestEvent
  | RuntimeEvent
  | ScheduleEvent
  | SessionEvent
  | TriggerEvent
  | WorkQueueEvent;
type Facts<Type> = Omit<Extract<Told, { readonly type: Type }>, 'type'>;

const sha = 'abcdef0123456789';
const proof = {
  round: 0,
  verdict: 'passed',
  command: 'npm test',
  exitCode: 0,
  durationMs: 1200,
  declaredFiles: ['src/slug.ts'],
  changedFiles: ['src/slug.ts', 'test/slug.test.ts'],
  undeclared: [],
  missing: [],
  sideEffects: [],
  output: 'runs/run-1/tests-0.txt',
};

/** The compiler refuses this list when a type is missing, or is told by nobody. Null: only programs care. */
const examples: {
  readonly [Type in Told['type']]: { readonly data: Facts<Type>; readonly line: string | null };
} = {
  actorEnded: { data: {}, line: null },
  actorLost: { data: { reason: 'its state was lost' }, line: 'actorLost: its state was lost' },
  actorMigrated: { data: { from: 1, to: 2 }, line: 'goes on with version 2' },
  actorQuarantined: { data: { reason: 'no version 3' }, line: 'actorQuarantined: no version 3' },
  actorReleased: {
    data: { since: '2026-01-01T00:00:00.000Z' },
    line: 'goes on after standing still since 2026-01-01T00:00:00.000Z',
  },
  actorStartFailed: {
    data: { reason: { message: 'no goal' }, command: 'c', letter: 'a.b.in-1' },
    line: 'actorStartFailed: {"message":"no goal"}',
  },
  branchPushed: { data: { sha, branch: 'signalbox/run-1' }, line: 'pushed signalbox/run-1' },
  changeCommitted: {
    data: { sha, subject: 'fix: keep digits', commits: 1 },
    line: 'commit abcdef0123: fix: keep digits',
  },
  changeHandedToMergeRequest: {
    data: { sha },
    line: 'change abcdef0123 is with its merge request',
  },
  changesAddressed: { data: { round: 1, headSha: sha }, line: 'changes delivered in abcdef0123' },
  changesRequested: { data: { round: 1, reason: 'a review' }, line: null },
  checksPassed: {
    data: { headSha: sha, checks: ['lint', 'tests'] },
    line: 'checks passed: lint, tests',
  },
  childFailed: {
    data: { child: 'session/run-1::session', error: 'no model', verdict: 'restart' },
    line: 'session/run-1::session failed (no model), will be started again',
  },
  childRestarted: {
    data: { child: 'session/run-1::session', restarts: 2 },
    line: 'session/run-1::session started again (restart 2)',
  },
  commandDeadLettered: {
    data: { letter: 'a.b.1-0', command: 'c', commandType: 'x', error: 'poison' },
    line: 'commandDeadLettered: poison',
  },
  commandRefused: { data: { reason: 'r', command: 'c', commandType: 'steer' }, line: null },
  deliveryAccepted: { data: { deliveryId: 'd', run: 'run-1', goal: 'g' }, line: null },
  deliveryIgnored: { data: { deliveryId: 'd', reason: 'r' }, line: null },
  deliveryRefused: { data: { deliveryId: 'd', reason: 'r' }, line: null },
  deliveryRepeated: { data: { deliveryId: 'd', run: 'run-1' }, line: null },
  handedOver: {
    data: { round: 0, title: 'Keep digits', artifact: 'a' },
    line: 'hands over: Keep digits',
  },
  handoffReceived: { data: { round: 0, title: 'Keep digits' }, line: null },
  limitsSet: { data: { limits: { total: 8 } }, line: null },
  mergeRequestClosed: { data: { reason: 'by Ada' }, line: 'mergeRequestClosed: by Ada' },
  mergeRequestEscalated: { data: { reason: 'stuck' }, line: 'mergeRequestEscalated: stuck' },
  mergeRequestLeftOpen: { data: { reason: 'the policy' }, line: 'left open: the policy' },
  sourceBranchKept: {
    data: { branch: 'signalbox/run-1', reason: 'it is checked out' },
    line: 'branch signalbox/run-1 kept: it is checked out',
  },
  mergeRequestMerged: { data: { sha }, line: 'merged as abcdef0123' },
  mergeRequestOpened: {
    data: { repository: '/o.git', number: 7, link: 'l', title: 'Keep digits', headSha: sha },
    line: 'merge request 7 opened: Keep digits',
  },
  mergeStarted: { data: { headSha: sha }, line: null },
  modelCalled: {
    data: { turn: 1, calls: ['read'], usage: { inputTokens: 1, outputTokens: 2 } },
    line: null,
  },
  occurrenceFinished: { data: { occurrence: 'now-1', outcome: 'done' }, line: null },
  occurrenceQueued: { data: { occurrence: 'now-1' }, line: null },
  occurrenceSkipped: { data: { occurrence: 'now-1' }, line: null },
  occurrenceStarted: { data: { occurrence: 'now-1' }, line: null },
  occurrencesMissed: { data: { count: 3, atLeast: false }, line: null },
  proofRecorded: {
    data: proof,
    line: 'verified: npm test → exit code 0 in 1200 ms; changed src/slug.ts, test/slug.test.ts; verdict passed',
  },
  reviewReceived: {
    data: { author: 'Ada', verdict: 'changesRequested', body: 'Also dots.\nPlease.', comment: 'c' },
    line: 'review by Ada (changesRequested): Also dots.',
  },
  reworkRequested: {
    data: { reason: 'not accepted:\n- x', attempt: 1 },
    line: 'sent back: not accepted:',
  },
  runCompleted: { data: { outcome: 'merged', reason: 'merged' }, line: 'runCompleted: merged' },
  runFailed: { data: { outcome: 'failed', reason: 'killed' }, line: 'runFailed: killed' },
  runStarted: {
    data: { goal: 'Keep digits\nin slugs', repository: '/r', workflow: 'change', source: 'a test' },
    line: 'run run-1 started by a test: Keep digits',
  },
  scheduleChangeRefused: { data: { reason: 'nonsense' }, line: null },
  scheduleChanged: { data: { cron: '0 8 * * *', timeZone: 'UTC' }, line: null },
  schedulePaused: { data: {}, line: null },
  scheduleRemoved: { data: {}, line: null },
  scheduleResumed: { data: {}, line: null },
  sessionCompleted: { data: { reason: 'merged' }, line: 'sessionCompleted: merged' },
  sessionFailed: {
    data: { code: 'turnLimit', reason: 'all turns' },
    line: 'sessionFailed: all turns',
  },
  sessionKilled: { data: { reason: 'enough' }, line: 'sessionKilled: enough' },
  sessionParked: { data: { round: 0 }, line: 'is parked: a stored message, no memory' },
  sessionPreparing: { data: { worktree: '/w', branch: 'b' }, line: 'prepares its worktree /w' },
  sessionQueued: {
    data: { goal: 'g', run: 'run-1', workflow: 'change' },
    line: 'waits for a slot',
  },
  sessionStarted: {
    data: { session: 'run-1::session', branch: 'b', baseBranch: 'main', origin: '/o.git' },
    line: 'session run-1::session on branch b',
  },
  slotAwaited: { data: { holder: 'session/s', waiting: 1 }, line: null },
  slotGiven: { data: { holder: 'session/s', working: 1, waiting: 0 }, line: null },
  slotRefused: { data: { holder: 'session/s', reason: 'full' }, line: null },
  steerRefused: {
    data: { reason: 'it is about to end' },
    line: 'refuses a message: it is about to end',
  },
  steered: {
    data: { text: 'Look at dots.', from: 'Ada' },
    line: 'is steered by Ada: Look at dots.',
  },
  stepBlocked: { data: { step: 'verify', attempts: 2 }, line: 'step not accepted (attempt 2)' },
  stepCompleted: {
    data: { step: 'verify', notes: 'All pass.\nReally.' },
    line: 'completed: All pass.',
  },
  stepStarted: {
    data: { step: 'verify', title: 'Verify', index: 2, of: 4, round: 1 },
    line: 'step 3 of 4: Verify (rework 1)',
  },
  toolFinished: {
    data: { tool: 'bash', toolCall: 'c', outcome: 'failed', exitCode: 1, durationMs: 5 },
    line: 'bash: failed (exit code 1)',
  },
  toolStarted: { data: { tool: 'bash', toolCall: 'c' }, line: null },
  triggerConfigured: { data: { repository: '/r' }, line: null },
  worktreeKept: {
    data: { worktree: '/w', reason: 'it is there' },
    line: 'worktree kept in /w: it is there',
  },
  worktreeRemoved: { data: { worktree: '/w' }, line: 'worktree removed' },
};

function lineOf(type: string, data: JsonObject): string | undefined {
  return narrate(makeStoredEvent(1, { kind: 'coordinator', actor: 'run-1', type, data }))?.replace(
    /^\d\d:\d\d:\d\d {2}/u,
    '',
  );
}

const types = Object.keys(examples);
const json = (value: unknown): JsonObject => JSON.parse(JSON.stringify(value)) as JsonObject;
const unspeakable = /undefined|null|NaN|\[object/u;

it.each(Object.entries(examples))('%s', (type, { data, line }) => {
  expect(lineOf(type, json(data)) ?? null).toBe(line);
});

describe('what is not there is not made up', () => {
  it.each<[string, string, Record<string, unknown>, string]>([
    [
      'a run without tests',
      'proofRecorded',
      { ...proof, command: null, exitCode: null, durationMs: 0, changedFiles: [] },
      'verified: no tests were asked for; changed nothing; verdict passed',
    ],
    [
      'tests that were cut off',
      'proofRecorded',
      { ...proof, exitCode: null, verdict: 'failed', changedFiles: ['a'] },
      'verified: npm test → did not end in 1200 ms; changed a; verdict failed',
    ],
    [
      'a command that was cut off',
      'toolFinished',
      { tool: 'bash', outcome: 'failed', exitCode: null },
      'bash: failed',
    ],
    [
      'a tool without an exit code',
      'toolFinished',
      { tool: 'read', outcome: 'succeeded' },
      'read: succeeded',
    ],
    [
      'a first round',
      'stepStarted',
      { title: 'Verify', index: 0, of: 4, round: 0 },
      'step 1 of 4: Verify',
    ],
    [
      'an actor that broke',
      'actorEnded',
      { error: { message: 'boom' } },
      'actorEnded: {"message":"boom"}',
    ],
  ])('%s', (_, type, data, line) => {
    expect(lineOf(type, json(data))).toBe(line);
  });

  it.each(types)('%s without any facts', (type) => {
    expect(lineOf(type, {}) ?? '').not.toMatch(unspeakable);
  });

  it('any facts at all are spoken of as one line, and nothing throws', () => {
    const keys = [...new Set(Object.values(examples).flatMap(({ data }) => Object.keys(data)))];
    const word = fc.stringMatching(/^[a-z \n]{0,40}$/u).filter((text) => !unspeakable.test(text));
    const flat = fc.oneof(word, fc.integer(), fc.boolean());
    const fact = fc.oneof(
      flat,
      fc.array(flat),
      fc.array(fc.record({ a: flat })),
      fc.record({ a: flat }),
    );
    const facts = fc.dictionary(fc.constantFrom(...keys), fact, { maxKeys: 30 });
    fc.assert(
      fc.property(fc.constantFrom(...types), facts, (type, data) => {
        expect(lineOf(type, data) ?? '').not.toMatch(unspeakable);
      }),
    );
  });
});

it('a line begins with the time, and shows whose it is by its place', () => {
  const at = '2026-01-01T08:09:10.000Z';
  const facts = { type: 'worktreeRemoved', at, data: {} };
  expect(narrate(makeStoredEvent(1, { ...facts, kind: 'session' }))).toBe(
    '08:09:10      worktree removed',
  );
  expect(narrate(makeStoredEvent(1, { ...facts, kind: 'merge-request' }))).toBe(
    '08:09:10    worktree removed',
  );
  expect(narrate(makeStoredEvent(1, { ...facts, kind: 'coordinator' }))).toBe(
    '08:09:10  worktree removed',
  );
});

it('long texts are cut, and an unknown event is passed over', () => {
  const line = lineOf('stepCompleted', { notes: 'x'.repeat(1_000) });
  expect(line).toHaveLength('completed: '.length + 160 + ' …'.length);
  expect(lineOf('somethingNew', {})).toBeUndefined();
});
