import { writeFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ForgePort, MergeRequestView } from '../../../actors/ports/forge.ts';
import type { SignalboxError } from '../../../runtime/contract/errors.ts';
import { createGitSandbox } from '../../git/testing/git-sandbox.ts';
import type { GitSandbox } from '../../git/testing/git-sandbox.ts';
import { describeForgeConformance } from '../conformance.ts';
import { createLocalForge } from './local-forge.ts';

const clock = (): Date => new Date('2030-01-02T03:04:05.000Z');
let sandbox: GitSandbox;
let count = 0;

const createForge = (onDamaged: (error: SignalboxError) => void = () => undefined): ForgePort =>
  createLocalForge({ clock, environment: sandbox.environment, onDamaged });

beforeAll(async () => {
  sandbox = await createGitSandbox("local forge's é");
});
afterAll(() => sandbox.remove());

async function tipOf(repository: string, branch: string): Promise<string | undefined> {
  const name = `refs/heads/${branch}`;
  const tip = await sandbox.git(repository, 'for-each-ref', '--format=%(objectname)', name);
  return tip === '' ? undefined : tip;
}

describeForgeConformance('local', async () => {
  count += 1;
  const repository = await sandbox.createOrigin(`conformance ${count}.git`);
  return {
    forge: createForge(),
    repository,
    connectAgain: () => createForge(),
    commitTo: async (branch, files) => {
      const exists = (await tipOf(repository, branch)) !== undefined;
      return sandbox.commitTo(repository, branch, files, exists ? branch : 'main');
    },
    tipOf: (branch) => tipOf(repository, branch),
    parentsOf: async (sha) =>
      (await sandbox.git(repository, 'log', '-1', '--format=%P', sha)).split(' '),
    remove: () => Promise.resolve(),
  };
});

describe('local forge', () => {
  let forge: ForgePort;
  let repository: string;
  let head: string;

  beforeEach(async () => {
    count += 1;
    forge = createForge();
    repository = await sandbox.createOrigin(`origin ${count}.git`);
    head = await sandbox.commitTo(repository, 'topic', { 'b.ts': 'b\n' });
  });

  const open = (sourceBranch = 'topic', where = repository): Promise<MergeRequestView> =>
    forge.openMergeRequest({
      repository: where,
      sourceBranch,
      targetBranch: 'main',
      title: `Merge ${sourceBranch}`,
      body: '',
      author: 'Ada',
      idempotencyKey: sourceBranch,
    });
  const merge = (view: MergeRequestView) =>
    forge.merge(view, { expectedHeadSha: head, message: 'Merge it', author: 'Ada' });

  /** Points a reference at a tree with these files, as a careless tool or a bad disk might. */
  async function plant(reference: string, files: Readonly<Record<string, string>>): Promise<void> {
    const old = await sandbox.git(repository, 'rev-parse', reference);
    const work = await sandbox.createClone(
      repository,
      `plant ${count} ${reference.replaceAll('/', ' ')}`,
    );
    await sandbox.git(work, 'fetch', '--quiet', 'origin', reference);
    await sandbox.git(work, 'checkout', '--quiet', '--detach', 'FETCH_HEAD');
    for (const [name, text] of Object.entries(files)) await sandbox.write(join(work, name), text);
    await sandbox.git(work, 'add', '--all');
    await sandbox.git(work, 'commit', '--quiet', '--message', 'Damage');
    await sandbox.git(work, 'push', '--quiet', 'origin', `HEAD:${reference}`);
    expect(await sandbox.git(repository, 'rev-parse', reference)).not.toBe(old);
  }

  it('numbers from 1, dates by its clock and links to a command that can be pasted', async () => {
    const opened = await open();
    expect(opened.number).toBe(1);
    expect(opened.createdAt).toBe('2030-01-02T03:04:05.000Z');
    expect(opened.link).toBe(`signalbox mr show --repo '${repository.replaceAll("'", `'\\''`)}' 1`);
    await merge(opened);
    expect(await sandbox.git(repository, 'log', '-1', '--format=%an %ae|%cn|%aI|%B', 'main')).toBe(
      'Ada signalbox@localhost|Signalbox|2030-01-02T03:04:05+00:00|Merge it\n',
    );
  });

  it('keeps the history of every change in git', async () => {
    const opened = await open();
    const words = { author: 'Bo', body: 'x', verdict: 'approved', idempotencyKey: 'k' } as const;
    await forge.addComment(opened, words);
    await merge(opened);
    const log = await sandbox.git(repository, 'log', '--format=%s', 'refs/signalbox/mr/1');
    expect(log.split('\n')).toEqual([
      'Merge merge request 1',
      'Comment on merge request 1: approved',
      'Open merge request 1',
    ]);
    const comments = await forge.listComments(opened);
    expect(comments.map((comment) => comment.id)).toEqual(['000001']);
  });

  it.each([
    ['is not JSON', '{"v":1,'],
    ['has the wrong shape', '{"v":1,"number":1,"state":"half-merged"}'],
  ])('names the damaged document that %s, and the others live on', async (_, text) => {
    await sandbox.commitTo(repository, 'two', { two: '2' });
    const first = await open();
    const second = await open('two');
    await plant('refs/signalbox/mr/1', { 'mr.json': text });
    const told: SignalboxError[] = [];
    const list = await createForge((error) => told.push(error)).listMergeRequests(repository);
    expect(list).toEqual([second]);
    expect(told).toMatchObject([{ code: 'SB_FORGE_REFUSED' }]);
    expect(told[0]?.message).toContain('refs/signalbox/mr/1');
    const refusal = { code: 'SB_FORGE_REFUSED', message: told[0]?.message };
    await expect(forge.getMergeRequest(first)).rejects.toMatchObject(refusal);
    await expect(merge(first)).rejects.toMatchObject(refusal);
    expect(await tipOf(repository, 'main')).not.toBe(head);
    await sandbox.commitTo(repository, 'three', { three: '3' });
    expect(await open('three')).toMatchObject({ number: 3 });
  });

  it('names a damaged comment and a damaged check', async () => {
    const opened = await open();
    await plant('refs/signalbox/mr/1', { 'comment-000001-0.json': '[]' });
    await expect(forge.listComments(opened)).rejects.toThrow(
      'refs/signalbox/mr/1 comment-000001-0.json',
    );
    const check = { name: 'tests', sha: head, conclusion: 'passed', summary: '' } as const;
    await forge.reportCheck(repository, check);
    await plant(`refs/signalbox/checks/${head}`, { 'check-0.json': 'no' });
    await expect(forge.listChecks(repository, head)).rejects.toThrow('check-0.json');
    expect(await forge.getMergeRequest(opened)).toMatchObject({ state: 'open' });
  });

  it('writes down a merge whose process died between branch and document', async () => {
    const opened = await open();
    const document = await sandbox.git(repository, 'rev-parse', 'refs/signalbox/mr/1');
    const merged = await merge(opened);
    await sandbox.git(repository, 'update-ref', 'refs/signalbox/mr/1', document);
    await sandbox.commitTo(repository, 'main', { later: 'later' });
    const tip = await tipOf(repository, 'main');
    expect(await forge.getMergeRequest(opened)).toMatchObject({ state: 'open' });
    await expect(forge.close(opened, 'x')).rejects.toMatchObject({ code: 'SB_FORGE_REFUSED' });
    expect(await merge(opened)).toEqual(merged);
    expect(await tipOf(repository, 'main')).toBe(tip);
    expect(await forge.getMergeRequest(opened)).toMatchObject({ state: 'merged' });
  });

  it('takes a branch that somebody merged by hand as merged', async () => {
    const opened = await open();
    await sandbox.git(repository, 'update-ref', 'refs/heads/main', head);
    expect(await merge(opened)).toEqual({ status: 'merged', sha: head });
  });

  it('refuses branches that are gone or have nothing in common', async () => {
    const opened = await open();
    const main = (await tipOf(repository, 'main')) ?? '';
    await sandbox.git(repository, 'update-ref', '-d', 'refs/heads/main');
    expect(await merge(opened)).toMatchObject({ reason: 'notPermitted' });
    const tree = await sandbox.git(repository, 'rev-parse', `${main}^{tree}`);
    const root = await sandbox.git(repository, 'commit-tree', tree, '-m', 'Another root');
    await sandbox.git(repository, 'update-ref', 'refs/heads/main', root);
    expect(await merge(opened)).toMatchObject({ reason: 'conflict' });
    await sandbox.git(repository, 'update-ref', '-d', 'refs/heads/topic');
    expect(await merge(opened)).toMatchObject({ reason: 'headMoved' });
    expect(await forge.getMergeRequest(opened)).toMatchObject({ state: 'open', headSha: head });
  });

  it('keeps a source branch that has moved on since the merge', async () => {
    const opened = await open();
    await merge(opened);
    const newer = await sandbox.commitTo(repository, 'topic', { newer: 'x' }, 'topic');
    await expect(forge.deleteSourceBranch(opened)).rejects.toThrow(newer);
    expect(await tipOf(repository, 'topic')).toBe(newer);
  });

  it('works in a repository with files, but never under a branch that is checked out', async () => {
    const clone = await sandbox.createClone(repository, `clone ${count}`);
    await sandbox.git(clone, 'branch', 'topic', 'origin/topic');
    const inClone = await open('topic', clone);
    expect(await merge(inClone)).toMatchObject({ status: 'refused', reason: 'targetCheckedOut' });
    await sandbox.git(clone, 'checkout', '--quiet', 'topic');
    expect(await merge(inClone)).toMatchObject({ status: 'merged' });
    await expect(forge.deleteSourceBranch(inClone)).rejects.toThrow('checked out');
    expect(await sandbox.git(clone, 'status', '--porcelain')).toBe('');
    const gitDirectory = join(clone, '.git');
    expect(await forge.listMergeRequests(gitDirectory)).toMatchObject([{ state: 'merged' }]);
  });

  it('has nothing in an empty repository, and says what is not a repository', async () => {
    const empty = join(sandbox.folder, `empty ${count}.git`);
    await sandbox.git(sandbox.folder, 'init', '--quiet', '--bare', empty);
    expect(await forge.listMergeRequests(empty)).toEqual([]);
    await expect(open('topic', empty)).rejects.toMatchObject({ code: 'SB_FORGE_REFUSED' });
    await expect(open('topic', sandbox.folder)).rejects.toMatchObject({ code: 'SB_NOT_FOUND' });
  });

  it('ends right when the call is repeated after kill -9 of any of its git commands', async () => {
    const opened = await open();
    const request = { expectedHeadSha: head, message: 'Merge it', author: 'Ada' };
    const seen = new Set<string>();
    let failures = 0;
    for (let killAt = 2; killAt <= 14; killAt += 1) {
      const environment = await sandbox.killedAt(killAt, '0.002');
      const killed = createLocalForge({ clock, environment });
      const idempotencyKey = `key ${killAt}`;
      const words = { author: 'Bo', body: 'x', verdict: 'comment', idempotencyKey } as const;
      await killed.addComment(opened, words).catch(() => (failures += 1));
      await forge.addComment(opened, words);
      expect(await forge.listComments(opened)).toHaveLength(killAt - 1);
    }
    for (let killAt = 2; killAt <= 14; killAt += 1) {
      const environment = await sandbox.killedAt(killAt, '0.002');
      const killed = createLocalForge({ clock, environment });
      await killed.merge(opened, request).catch(() => (failures += 1));
      seen.add((await tipOf(repository, 'main')) ?? '');
    }
    const merged = await merge(opened);
    expect(merged).toEqual({ status: 'merged', sha: await tipOf(repository, 'main') });
    expect(seen.size).toBeLessThanOrEqual(2);
    expect(failures).toBeGreaterThan(12);
    expect(await sandbox.git(repository, 'rev-list', '--count', '--merges', 'main')).toBe('1');
  });

  it('gets past a lock that a dead process left', async () => {
    const opened = await open();
    const longAgo = new Date(Date.now() - 60_000);
    for (const name of ['refs/signalbox/mr/1.lock', 'refs/heads/main.lock']) {
      await writeFile(join(repository, name), '');
      await utimes(join(repository, name), longAgo, longAgo);
    }
    expect(await merge(opened)).toMatchObject({ status: 'merged' });
  });

  it('lists 200 in well under a second', async () => {
    const opened = await open();
    const commit = await sandbox.git(repository, 'rev-parse', 'refs/signalbox/mr/1');
    const template = await sandbox.git(repository, 'show', `${commit}:mr.json`);
    const work = join(sandbox.folder, `many ${count}`);
    const lines: string[] = [];
    for (let number = 2; number <= 200; number += 1) {
      const text = template.replace('"number": 1,', `"number": ${number},`);
      lines.push(
        `commit refs/signalbox/mr/${number}`,
        'committer T <t@example.com> 0 +0000',
        'data 0',
        'M 100644 inline mr.json',
        `data ${Buffer.byteLength(text)}`,
        text,
      );
    }
    await writeFile(work, `${lines.join('\n')}\n`);
    await sandbox.git(repository, '-c', `alias.load=!git fast-import --quiet < "${work}"`, 'load');
    const start = performance.now();
    const list = await forge.listMergeRequests(repository, { state: 'open' });
    const durationMs = performance.now() - start;
    expect(list.map((view) => view.number)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
    expect(list[0]).toEqual(opened);
    expect(durationMs).toBeLessThan(1000);
  });
});
