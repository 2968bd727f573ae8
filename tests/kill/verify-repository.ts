/** What a finished job has left in git and on the local forge: one merged change, and nothing else. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { createLocalForge } from '../../integrations/forge/local/local-forge.ts';
import type { RunReport } from '../../cli/client/run-report.ts';

export async function verifyRepository(home: string, report: RunReport): Promise<void> {
  const origin = join(home, 'demo', '1', 'origin.git');
  const clone = join(home, 'demo', '1', 'repository');
  expect(
    readdirSync(join(home, 'demo')).filter((name) => name !== 'current.json'),
    'demo jobs',
  ).toEqual(['1']);

  const [merge = [], ...rest] = readCommits(origin);
  const [secondSha, secondEffect] = rest[0] ?? [];
  const [firstSha, firstEffect] = rest[1] ?? [];
  expect(rest, 'commits below the merge').toHaveLength(3);
  expect(report.commits).toEqual([firstSha, secondSha]);
  expect(merge.slice(1)).toEqual(['', rest[2]?.[0], secondSha]);
  expect(report.mergeRequest?.mergeSha).toBe(merge[0]);
  expect(firstEffect).toMatch(/^coordinator\./u);
  expect(secondEffect).toMatch(/^coordinator\./u);
  expect(secondEffect).not.toBe(firstEffect);
  expect(git(origin, 'show', 'main:src/slugify.ts')).toContain(
    "return slug === '' ? 'untitled' : slug;",
  );
  expect(git(origin, 'show', 'main:test/slugify.test.ts').match(/'untitled'/gu)).toHaveLength(1);
  git(origin, 'fsck', '--strict', '--no-dangling');

  expect(listReferences(origin)).toEqual([
    'refs/heads/main',
    ...[firstSha, secondSha].map((sha) => `refs/signalbox/checks/${sha}`).sort(),
    'refs/signalbox/mr/1',
  ]);
  expect(listReferences(clone)).toEqual(['refs/heads/main', 'refs/remotes/origin/main']);
  expect(git(clone, 'worktree', 'list', '--porcelain').match(/^worktree /gmu)).toHaveLength(1);
  expect(existsSync(join(home, 'worktrees')) ? readdirSync(join(home, 'worktrees')) : []).toEqual(
    [],
  );
  await verifyForge(origin, merge[0] ?? '');
}

async function verifyForge(origin: string, mergeSha: string): Promise<void> {
  const forge = createLocalForge({
    clock: () => new Date(),
    onDamaged: (error) => {
      throw error;
    },
  });
  const requests = await forge.listMergeRequests(origin);
  expect(requests).toMatchObject([{ number: 1, state: 'merged', mergeSha }]);
  const comments = await forge.listComments({ repository: origin, number: 1 });
  expect(comments.map(({ author, verdict }) => [author, verdict])).toEqual([
    ['reviewer', 'changesRequested'],
    [expect.stringContaining('ignalbox'), 'comment'],
  ]);
}

/** Newest first: sha, value of the effect trailer, parents. */
function readCommits(origin: string): readonly (readonly string[])[] {
  const format = '--format=%H|%(trailers:key=Signalbox-Effect,valueonly,separator=%x2C)|%P';
  return git(origin, 'log', '--topo-order', format, 'main')
    .trim()
    .split('\n')
    .map((line) => {
      const [sha = '', effect = '', parents = ''] = line.split('|');
      return [sha, effect, ...parents.split(' ').filter((parent) => parent !== '')];
    });
}

function listReferences(repository: string): readonly string[] {
  return git(repository, 'for-each-ref', '--format=%(refname)').trim().split('\n');
}

function git(repository: string, ...args: string[]): string {
  return execFileSync('git', ['-C', repository, ...args], { encoding: 'utf8' });
}
