import { describe, expect, it } from 'vitest';
import {
  coordinatorScenes,
  createProof,
  deliver,
  driveCoordinator,
  preparedRun,
  startRun,
  type DrivenCoordinator,
} from '../testing/drive-coordinator.ts';
import type { Reaction } from '../testing/drive-machine.ts';
import {
  changeWorkflow,
  createHandoff,
  createReceiveHandoff,
  worktree,
} from '../testing/inputs.ts';
import type { SessionEnd } from '../session/session.schema.ts';

/** Typed: what vitest returns here is `any`. */
const like = (part: object): unknown => expect.objectContaining(part);
const containing = (text: string): unknown => expect.stringContaining(text);

const session = 'session/run-1::session';
const mergeRequest = 'merge-request/run-1::merge-request';
const completed: SessionEnd = { outcome: 'completed', reason: 'merged' };
const killed = (reason: string): SessionEnd => ({ outcome: 'killed', reason });
const typesOf = ({ events }: Reaction) => events.map(({ type }) => type);
const park = { to: session, body: { type: 'park' } };

function drive(play: (run: DrivenCoordinator) => void): DrivenCoordinator {
  const run = driveCoordinator();
  startRun(run);
  play(run);
  return run;
}

describe('a run', () => {
  it('goes from its goal to a merged change, with one rework', () => {
    const run = driveCoordinator();
    expect(run.opening.started).toEqual([
      { source: 'prepareRun', input: { repository: '/repository', workflow: 'change' } },
    ]);
    const started = startRun(run);
    expect(started.started).toEqual([
      {
        source: 'session',
        input: like({
          session: 'run-1::session',
          goal: 'Make slugify keep digits',
          branch: 'signalbox/run-1',
          worktree: '/worktrees/run-1',
          workflow: changeWorkflow,
        }),
      },
    ]);
    expect(typesOf(started)).toEqual(['sessionStarted']);

    expect(run.send(createReceiveHandoff()).started).toEqual([
      {
        source: 'verifyChange',
        input: {
          run: 'run-1',
          round: 0,
          worktree: worktree.path,
          testCommand: 'npm test',
          testTimeoutMs: 60_000,
          handoff: createHandoff(),
        },
      },
    ]);
    const verified = run.done('verifyChange', createProof(0));
    expect(verified.events).toContainEqual(
      expect.objectContaining({ type: 'proofRecorded', verdict: 'passed' }),
    );
    expect(verified.started[0]).toMatchObject({
      source: 'commitChange',
      input: { baseSha: worktree.baseSha },
    });
    expect(run.done('commitChange', { sha: 'sha-1' }).events).toEqual([
      { type: 'changeCommitted', sha: 'sha-1', subject: 'keep digits in slugs', commits: 1 },
    ]);
    expect(run.done('pushBranch', { sha: 'sha-1' }).started).toEqual([
      {
        source: 'reportCheck',
        input: {
          origin: '/origin.git',
          sha: 'sha-1',
          summary: '`npm test` exited with 0 in 10 ms',
        },
      },
    ]);
    const delivered = run.done('reportCheck');
    expect(delivered.sent).toEqual([park]);
    expect(delivered.started).toEqual([
      {
        source: 'mergeRequest',
        input: like({ headSha: 'sha-1', targetBranch: 'main' }),
      },
    ]);
    expect(JSON.stringify(delivered.started)).toContain('## Verified by Signalbox');

    const again = deliver(run, 'sha-2', { round: 1, answered: ['review-1'] });
    expect(again.started).toEqual([]);
    expect(again.sent).toEqual([
      park,
      {
        to: mergeRequest,
        body: { type: 'changesDelivered', headSha: 'sha-2', answered: ['review-1'] },
      },
    ]);
    expect(run.context().commits).toEqual(['sha-1', 'sha-2']);

    const merged = run.done('mergeRequest', { outcome: 'merged', reason: 'merged as merge-1' });
    expect(merged.sent).toEqual([
      { to: session, body: { type: 'complete', reason: 'merged as merge-1' } },
    ]);
    expect(run.status()).toBe('active');
    expect(run.done('session', completed).events).toContainEqual({
      type: 'runCompleted',
      outcome: 'merged',
      reason: 'merged as merge-1',
    });
    expect(run.output()).toEqual({ outcome: 'merged', reason: 'merged as merge-1' });
  });

  it('without a test command reports no check, and the proof says so', () => {
    const run = driveCoordinator({ testCommand: null });
    startRun(run);
    run.send(createReceiveHandoff());
    const proof = { ...createProof(0), command: null, exitCode: null, output: null };
    run.done('verifyChange', proof);
    run.done('commitChange', { sha: 'sha-1' });
    const delivered = run.done('pushBranch', { sha: 'sha-1' });
    expect(run.state()).toBe('running.watching');
    expect(delivered.started.map(({ source }) => source)).toEqual(['mergeRequest']);
    expect(delivered.started[0]?.input).toMatchObject({
      body: containing('Tests: none were asked for'),
    });
  });

  it('uses the base branch it was told to use', () => {
    const run = driveCoordinator({ baseBranch: 'release' });
    expect(run.opening.started[0]?.input).toMatchObject({ baseBranch: 'release' });
  });
});

describe('a change that does not pass', () => {
  it('is steered with what was wrong, at most twice in a row', () => {
    const run = drive(() => undefined);
    for (const attempt of [1, 2]) {
      run.send(createReceiveHandoff({ round: attempt - 1 }));
      const { sent, events } = run.done('verifyChange', createProof(1));
      expect(sent).toEqual([
        {
          to: session,
          body: {
            type: 'steer',
            from: 'the coordinator',
            request: 'proof-0',
            text: containing('`npm test` exited with 1'),
          },
        },
        park,
      ]);
      expect(events).toContainEqual(expect.objectContaining({ type: 'reworkRequested', attempt }));
      expect(run.state()).toBe('running.awaitingHandoff');
    }
    run.send(createReceiveHandoff({ round: 2 }));
    const last = run.done('verifyChange', createProof(1));
    expect(run.state()).toBe('running.ending');
    expect(last.sent.map(({ to, body }) => [to, body.type])).toEqual([[session, 'kill']]);
    run.done('session', killed('whatever it says'));
    expect(run.output()).toEqual({
      outcome: 'failed',
      reason: containing('`npm test` exited with 1'),
    });
  });

  it('has its attempts back after a change that passed', () => {
    const run = drive(() => undefined);
    run.send(createReceiveHandoff());
    run.done('verifyChange', createProof(1));
    deliver(run, 'sha-1', { round: 1 });
    expect(run.context().failedProofs).toBe(0);
  });

  it.each([
    [
      'undeclared files',
      createProof(0, [...createHandoff().filesChanged, 'debug.log']),
      'changed and not declared: debug.log',
    ],
    [
      'missing files',
      createProof(0, ['src/slugify.ts']),
      'declared and not changed: test/slugify.test.ts',
    ],
    ['nothing changed', createProof(0, []), 'no file differs from the last commit'],
  ])('is not committed: %s', (_, proof, reason) => {
    const run = drive(() => undefined);
    run.send(createReceiveHandoff());
    const reaction = run.done('verifyChange', proof);
    expect(reaction.started).toEqual([]);
    expect(reaction.sent[0]?.body).toMatchObject({
      type: 'steer',
      text: containing(reason),
    });
  });

  it('ends the run when the session cannot be reopened for it', () => {
    const run = drive(() => undefined);
    run.send(createReceiveHandoff());
    run.done('verifyChange', createProof(1));
    run.send({
      type: 'reworkRefused',
      session: 'run-1::session',
      reason: 'the workflow has no reworkFrom',
    });
    run.done('session', killed('x'));
    expect(run.output()).toEqual({
      outcome: 'failed',
      reason: 'the change cannot be mended: the workflow has no reworkFrom',
    });
  });
});

describe('effects that fail', () => {
  it('says why a run cannot start', () => {
    const run = driveCoordinator();
    run.failed('prepareRun', {
      code: 'SB_REPOSITORY_INVALID',
      message: '/repository is not a git repository',
    });
    expect(run.output()).toEqual({
      outcome: 'failed',
      reason: 'the run cannot start: /repository is not a git repository (SB_REPOSITORY_INVALID)',
    });
  });

  it.each([
    ['running.verifying', 'verifyChange', 'the change cannot be verified'],
    ['running.committing', 'commitChange', 'the change cannot be committed'],
    ['running.pushing', 'pushBranch', 'the branch cannot be pushed'],
    ['running.reporting', 'reportCheck', 'the check cannot be reported'],
  ])('%s: kills the session, waits for it and ends with the reason', (state, source, what) => {
    const run = coordinatorScenes[state]?.();
    const reason = `${what}: no room (SB_STORAGE_FULL)`;
    const failed = run?.failed(source, { code: 'SB_STORAGE_FULL', message: 'no room' });
    expect(failed?.sent).toEqual([{ to: session, body: { type: 'kill', reason } }]);
    expect(run?.state()).toBe('running.ending');
    run?.done('session', killed(reason));
    expect(run?.output()).toEqual({ outcome: 'failed', reason });
  });

  it('waits for the session and the merge request when a second round fails', () => {
    const run = drive((driven) => deliver(driven, 'sha-1'));
    run.send(createReceiveHandoff({ round: 1 }));
    const reason = 'the change cannot be verified: it broke (SB_EFFECT_FAILED)';
    const failed = run.failed('verifyChange');
    expect(failed.sent).toEqual([
      { to: session, body: { type: 'kill', reason } },
      { to: mergeRequest, body: { type: 'escalate', reason } },
    ]);
    run.done('mergeRequest', { outcome: 'escalated', reason });
    expect(run.status()).toBe('active');
    run.done('session', killed(reason));
    expect(run.output()).toEqual({ outcome: 'failed', reason });
  });
});

describe('a session that ends early', () => {
  it('ends the run with its reason', () => {
    const run = drive(() => undefined);
    run.done('session', killed('Ada does not need it any more'));
    expect(run.output()).toEqual({
      outcome: 'failed',
      reason: 'the session was killed: Ada does not need it any more',
    });
  });

  it('ends the run when it failed', () => {
    const run = drive(() => undefined);
    run.done('session', {
      outcome: 'failed',
      code: 'turnLimit',
      reason: 'the session has used all its turns',
    });
    expect(run.output()).toMatchObject({
      reason: 'the session failed: the session has used all its turns',
    });
  });

  it('ends the run when it could not even start', () => {
    const run = drive(() => undefined);
    run.broke('session', 'workflow change cannot start: the goal is too long');
    expect(run.output()).toMatchObject({
      outcome: 'failed',
      reason: containing('the session broke: workflow change cannot start: the goal is too long'),
    });
  });

  it('gives up what is under way, and has the merge request escalated', () => {
    const run = drive((driven) => deliver(driven, 'sha-1'));
    run.send(createReceiveHandoff({ round: 1 }));
    const ended = run.done('session', killed('enough'));
    expect(ended.cancelled).toEqual(['verifyChange']);
    expect(ended.sent.map(({ to, body }) => [to, body.type])).toEqual([[mergeRequest, 'escalate']]);
    expect(run.status()).toBe('active');
    run.done('mergeRequest', { outcome: 'escalated', reason: 'the session was killed: enough' });
    expect(run.output()).toEqual({ outcome: 'failed', reason: 'the session was killed: enough' });
  });

  it('does not hide that the change was merged all the same', () => {
    const run = drive((driven) => deliver(driven, 'sha-1'));
    run.done('session', killed('enough'));
    run.done('mergeRequest', { outcome: 'merged', reason: 'merged as merge-1' });
    expect(run.output()).toEqual({ outcome: 'merged', reason: 'merged as merge-1' });
  });

  it('does not end a merged run differently when it breaks while it cleans up', () => {
    const run = drive((driven) => deliver(driven, 'sha-1'));
    run.done('mergeRequest', { outcome: 'merged', reason: 'merged as merge-1' });
    run.broke('session', 'out of memory');
    expect(run.output()).toEqual({ outcome: 'merged', reason: 'merged as merge-1' });
  });
});

describe('a merge request that ends', () => {
  it('escalated: the session is killed, the run asks for a person', () => {
    const run = drive((driven) => deliver(driven, 'sha-1'));
    const reason = 'the merge was refused: conflict in src/slugify.ts';
    const escalated = run.done('mergeRequest', { outcome: 'escalated', reason });
    expect(escalated.sent).toEqual([{ to: session, body: { type: 'kill', reason } }]);
    const ended = run.done('session', killed(reason));
    expect(ended.events).toContainEqual({ type: 'runFailed', outcome: 'escalated', reason });
    expect(run.output()).toEqual({ outcome: 'escalated', reason });
  });

  it('closed by a person: the session cleans up, the run is over', () => {
    const run = drive((driven) => deliver(driven, 'sha-1'));
    const closed = run.done('mergeRequest', { outcome: 'closed', reason: 'not needed' });
    expect(closed.sent).toEqual([
      { to: session, body: { type: 'complete', reason: 'not needed' } },
    ]);
    run.done('session', completed);
    expect(run.output()).toEqual({ outcome: 'closed', reason: 'not needed' });
  });

  it('merged by a person while a rework is being verified: nothing more is delivered', () => {
    const run = drive((driven) => deliver(driven, 'sha-1'));
    run.send(createReceiveHandoff({ round: 1 }));
    const merged = run.done('mergeRequest', { outcome: 'merged', reason: 'merged as merge-1' });
    expect(merged.cancelled).toEqual(['verifyChange']);
    run.done('session', completed);
    expect(run.output()).toEqual({ outcome: 'merged', reason: 'merged as merge-1' });
  });

  it('broken: ends the run with the reason', () => {
    const run = drive((driven) => deliver(driven, 'sha-1'));
    run.broke('mergeRequest', 'out of memory');
    run.done('session', killed('x'));
    expect(run.output()).toMatchObject({
      outcome: 'failed',
      reason: containing('the merge request manager broke: out of memory'),
    });
  });

  it('is told when the session cannot be reopened for what it asked', () => {
    const run = drive((driven) => deliver(driven, 'sha-1'));
    const told = run.send({
      type: 'reworkRefused',
      session: 'run-1::session',
      reason: 'reopened too often',
    });
    expect(told.sent).toEqual([
      { to: mergeRequest, body: { type: 'changesFailed', reason: 'reopened too often' } },
    ]);
  });
});

it('pins the repository and the workflow that were prepared', () => {
  const run = drive(() => undefined);
  expect(run.context().prepared).toEqual(preparedRun);
});
