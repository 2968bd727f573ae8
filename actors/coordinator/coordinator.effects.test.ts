import { describe, expect, it } from 'vitest';
import { SignalboxError } from '../../runtime/contract/errors.ts';
import { changeWorkflow, createHandoff, worktree } from '../testing/inputs.ts';
import { createMemoryForge } from '../testing/memory-forge.ts';
import {
  createMemoryBlobs,
  createMemoryRepository,
  createMemoryWorkspace,
  endCommand,
  type CallLog,
} from '../testing/memory-ports.ts';
import { probeEffect, runEffect } from '../testing/run-effect.ts';
import { createCoordinatorEffects } from './coordinator.effects.ts';
import { testsCheckName } from './run-spec.schema.ts';

const declared = createHandoff().filesChanged.map((path) => ({
  path,
  change: 'modified' as const,
}));

function build(result = endCommand(0, '14 passed')) {
  const log: CallLog = [];
  const repositories = createMemoryRepository(log);
  repositories.changed = declared;
  const blobs = createMemoryBlobs(log);
  const forge = createMemoryForge();
  const workspace = createMemoryWorkspace(result, log, () => {
    repositories.changed = [
      ...repositories.changed,
      { path: 'coverage/index.html', change: 'added' },
    ];
  });
  const effects = createCoordinatorEffects({
    repositories,
    workspace,
    forge,
    blobs,
    loadWorkflow: (id) =>
      id === 'change'
        ? Promise.resolve({ definition: changeWorkflow })
        : Promise.reject(new SignalboxError('SB_NOT_FOUND', `there is no workflow "${id}"`)),
  });
  return { log, repositories, blobs, forge, effects };
}

const verifyInput = {
  run: 'run-1',
  round: 1,
  worktree: worktree.path,
  testCommand: 'npm test',
  testTimeoutMs: 60_000,
  handoff: createHandoff(),
};
const commitInput = {
  run: 'run-1',
  session: 'run-1::session',
  model: 'claude-test',
  worktree: worktree.path,
  baseSha: 'base',
  paths: ['src/add.ts'],
  handoff: createHandoff(),
};

describe('preparing a run', () => {
  it('finds the repository and the workflow', async () => {
    const { effects } = build();
    expect(
      await runEffect(effects, 'prepareRun', { repository: '/repository', workflow: 'change' }),
    ).toEqual({
      workflow: changeWorkflow,
      repository: { path: '/repository', origin: '/origin.git', baseBranch: 'main' },
    });
    const input = { repository: '/repository', workflow: 'change', baseBranch: 'release' };
    expect(await runEffect(effects, 'prepareRun', input)).toMatchObject({
      repository: { baseBranch: 'release' },
    });
  });

  it('says what is wrong with a repository or a workflow', async () => {
    const { effects, repositories } = build();
    await expect(
      runEffect(effects, 'prepareRun', { repository: '/r', workflow: 'chnage' }),
    ).rejects.toThrow('there is no workflow "chnage"');
    repositories.inspection = {
      status: 'unusable',
      problem: '/r is no git repository',
      next: 'Run git init there',
    };
    await expect(
      runEffect(effects, 'prepareRun', { repository: '/r', workflow: 'change' }),
    ).rejects.toMatchObject({
      code: 'SB_REPOSITORY_INVALID',
      message: '/r is no git repository. Run git init there',
    });
  });
});

describe('verifying a change', () => {
  it('looks at the files before the tests run, and keeps the record', async () => {
    const { effects, log, blobs } = build();
    const proof = await runEffect(effects, 'verifyChange', verifyInput);
    expect(log).toEqual([
      'changedFiles',
      'run npm test',
      'put runs/run-1/tests-1.txt',
      'put runs/run-1/proof-1.json',
    ]);
    expect(proof).toMatchObject({
      verdict: 'passed',
      command: 'npm test',
      exitCode: 0,
      durationMs: 12,
      changedFiles: createHandoff().filesChanged,
      undeclared: [],
      output: 'runs/run-1/tests-1.txt',
    });
    expect(JSON.parse(blobs.texts.get('runs/run-1/proof-1.json') ?? '')).toEqual(proof);
    expect(blobs.texts.get('runs/run-1/tests-1.txt')).toContain('14 passed');
  });

  it.each([
    [endCommand(1), 1, 'exited with 1'],
    [
      { ...endCommand(0), end: { type: 'signalled' as const, signal: 'SIGKILL' } },
      null,
      'was ended by SIGKILL',
    ],
    [
      { ...endCommand(0), end: { type: 'timedOut' as const, afterMs: 60_000 } },
      null,
      'was ended after its 60 s',
    ],
  ])('does not pass when the tests do not (%#)', async (result, exitCode, ended) => {
    const { effects } = build(result);
    expect(await runEffect(effects, 'verifyChange', verifyInput)).toMatchObject({
      verdict: 'failed',
      exitCode,
      ended,
    });
  });

  it('compares what was declared with what is there', async () => {
    const { effects, repositories } = build();
    repositories.changed = [...declared.slice(1), { path: 'debug.log', change: 'added' }];
    expect(await runEffect(effects, 'verifyChange', verifyInput)).toMatchObject({
      verdict: 'failed',
      undeclared: ['debug.log'],
      missing: ['src/slugify.ts'],
    });
  });

  it('runs nothing where nothing is to be run', async () => {
    const { effects, log } = build();
    const proof = await runEffect(effects, 'verifyChange', { ...verifyInput, testCommand: null });
    expect(proof).toMatchObject({ verdict: 'passed', command: null, exitCode: null, output: null });
    expect(log).toEqual(['changedFiles', 'put runs/run-1/proof-1.json']);
  });
});

describe('committing', () => {
  it('says in trailers what made the commit', async () => {
    const { effects, repositories } = build();
    expect(
      await runEffect(effects, 'commitChange', commitInput, { effectId: 'coordinator.run-1.4-2' }),
    ).toEqual({
      sha: 'sha-1',
    });
    expect(repositories.commits[0]?.request).toMatchObject({
      message: 'fix: keep digits in slugs',
      trailers: [
        { key: 'Signalbox-Run', value: 'run-1' },
        { key: 'Signalbox-Session', value: 'run-1::session' },
        { key: 'Signalbox-Model', value: 'claude-test' },
        { key: 'Signalbox-Effect', value: 'coordinator.run-1.4-2' },
      ],
    });
  });

  it('finds after a crash whether it happened', async () => {
    const { effects } = build();
    expect(await probeEffect(effects, 'commitChange', commitInput)).toEqual({ happened: false });
    await runEffect(effects, 'commitChange', commitInput);
    expect(await probeEffect(effects, 'commitChange', commitInput)).toEqual({
      happened: true,
      output: { sha: 'sha-1' },
    });
    expect(
      await probeEffect(effects, 'commitChange', commitInput, { effectId: 'another' }),
    ).toEqual({
      happened: false,
    });
  });

  it('answers with the commit of an earlier attempt', async () => {
    const { effects, repositories } = build();
    await runEffect(effects, 'commitChange', commitInput);
    expect(await runEffect(effects, 'commitChange', commitInput, { attempt: 2 })).toEqual({
      sha: 'sha-1',
    });
    expect(repositories.commits).toHaveLength(1);
  });

  it('fails when there is nothing to commit', async () => {
    const { effects, repositories } = build();
    repositories.changed = [];
    await expect(runEffect(effects, 'commitChange', commitInput)).rejects.toMatchObject({
      code: 'SB_GIT_FAILED',
    });
  });
});

it('reports the check under its name, once per commit', async () => {
  const { effects, forge } = build();
  const input = { origin: '/origin.git', sha: 'sha-1', summary: '`npm test` exited with 0' };
  await runEffect(effects, 'reportCheck', input);
  await runEffect(effects, 'reportCheck', input);
  expect(forge.checks).toEqual([
    expect.objectContaining({
      name: testsCheckName,
      sha: 'sha-1',
      conclusion: 'passed',
      summary: input.summary,
    }),
  ]);
});

it('pushes the branch', async () => {
  const { effects, log } = build();
  const input = { worktree: worktree.path, origin: '/origin.git', branch: worktree.branch };
  expect(await runEffect(effects, 'pushBranch', input)).toEqual({ sha: 'base' });
  expect(log).toEqual([`push ${worktree.branch}`]);
});
