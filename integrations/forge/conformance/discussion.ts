/** Conformance of forges: reading merge requests, comments and checks. */
import { expect, it } from 'vitest';
import type { MergeRequestView } from '../../../actors/ports/forge.ts';
import { sourceBranch } from './scene.ts';
import type { Scene } from './scene.ts';

export function declareReading(scene: Scene): void {
  it('follows the source branch while open', async () => {
    const opened = await scene.open();
    const moved = await scene.subject.commitTo(sourceBranch, { 'source/c.ts': 'c\n' });
    expect(await scene.subject.forge.getMergeRequest(opened)).toMatchObject({ headSha: moved });
  });

  it('lists all, and by state', async () => {
    await scene.subject.commitTo('two', { two: '2' });
    const first = await scene.open();
    const second = await scene.open({ sourceBranch: 'two', idempotencyKey: 'open-2' });
    await scene.subject.forge.close(first, 'no');
    const list = async (state?: MergeRequestView['state']): Promise<readonly number[]> => {
      const filter = state === undefined ? undefined : { state };
      const views = await scene.subject.forge.listMergeRequests(scene.subject.repository, filter);
      return views.map((view) => view.number).sort((a, b) => a - b);
    };
    expect(await list()).toEqual([first.number, second.number]);
    expect(await list('open')).toEqual([second.number]);
    expect(await list('closed')).toEqual([first.number]);
    expect(await list('merged')).toEqual([]);
  });

  it('says that a merge request is not there', async () => {
    const missing = { repository: scene.subject.repository, number: 4711 };
    const code = { code: 'SB_NOT_FOUND' };
    await expect(scene.subject.forge.getMergeRequest(missing)).rejects.toMatchObject(code);
    await expect(scene.subject.forge.listComments(missing)).rejects.toMatchObject(code);
    await expect(scene.comment(missing, 'k')).rejects.toMatchObject(code);
    await expect(scene.merge(missing, scene.head)).rejects.toMatchObject(code);
    await expect(scene.subject.forge.close(missing, 'x')).rejects.toMatchObject(code);
    await expect(scene.subject.forge.deleteSourceBranch(missing)).rejects.toMatchObject(code);
  });
}

export function declareComments(scene: Scene): void {
  it('keeps them in order, with the verdict and the commit that was seen', async () => {
    const opened = await scene.open();
    const { forge } = scene.subject;
    const place = { path: 'source/b.ts', line: 1 };
    const first = await scene.comment(opened, 'one', {
      body: 'Please — naïve 🙂\n\n> quote',
      ...place,
    });
    const moved = await scene.subject.commitTo(sourceBranch, { 'source/c.ts': 'c\n' });
    const second = await forge.addComment(opened, {
      author: 'Cy',
      body: 'I DISAPPROVE of this change',
      verdict: 'approved',
      idempotencyKey: 'two',
    });
    expect(first).toMatchObject({ author: 'Bo', verdict: 'comment', sha: scene.head, ...place });
    expect(first.body).toBe('Please — naïve 🙂\n\n> quote');
    expect(second).toMatchObject({ author: 'Cy', verdict: 'approved', sha: moved });
    expect(second).not.toHaveProperty('path');
    expect(await forge.listComments(opened)).toEqual([first, second]);
  });

  it('adds one for a key, however often and from wherever', async () => {
    const opened = await scene.open();
    const first = await scene.comment(opened, 'same');
    expect(await scene.comment(opened, 'same', { body: 'changed' })).toEqual(first);
    expect(await scene.comment(opened, 'same', {}, scene.subject.connectAgain())).toEqual(first);
    expect(await scene.subject.forge.listComments(opened)).toEqual([first]);
  });

  it('loses none that two processes write at once', async () => {
    const opened = await scene.open();
    const other = scene.subject.connectAgain();
    const written = await Promise.all(
      Array.from({ length: 16 }, (_, index) =>
        scene.comment(
          opened,
          `key-${index >> 1}`,
          {},
          index % 2 === 0 ? scene.subject.forge : other,
        ),
      ),
    );
    const listed = await scene.subject.forge.listComments(opened);
    expect(listed.map((entry) => entry.body).sort()).toEqual(
      Array.from({ length: 8 }, (_, index) => `Comment key-${index}`),
    );
    expect(new Set(listed.map((entry) => entry.id)).size).toBe(8);
    for (const entry of written) expect(listed).toContainEqual(entry);
  });

  it('takes them on merged and closed merge requests', async () => {
    const opened = await scene.open();
    await scene.merge(opened, scene.head);
    await scene.comment(opened, 'late');
    expect(await scene.subject.forge.listComments(opened)).toMatchObject([{ sha: scene.head }]);
    expect(await scene.subject.forge.getMergeRequest(opened)).toMatchObject({ state: 'merged' });
    await scene.subject.commitTo('two', { two: '2' });
    const second = await scene.open({ sourceBranch: 'two', idempotencyKey: 'open-2' });
    await scene.subject.forge.close(second, 'no');
    await scene.comment(second, 'late');
    expect(await scene.subject.forge.listComments(second)).toHaveLength(1);
  });
}

export function declareChecks(scene: Scene): void {
  const report = (name: string, conclusion: 'pending' | 'passed' | 'failed', sha = scene.head) =>
    scene.subject.forge.reportCheck(scene.subject.repository, {
      name,
      sha,
      conclusion,
      summary: `${name}!`,
    });

  it('replaces by name and commit, and tells commits apart', async () => {
    await report('tests / unit', 'pending');
    await report('lint', 'failed');
    await report('tests / unit', 'passed');
    const other = await scene.subject.commitTo(sourceBranch, { x: 'x' });
    await report('lint', 'passed', other);
    const listed = await scene.subject.forge.listChecks(scene.subject.repository, scene.head);
    expect(listed).toMatchObject([
      { name: 'lint', conclusion: 'failed', sha: scene.head, summary: 'lint!' },
      { name: 'tests / unit', conclusion: 'passed', sha: scene.head },
    ]);
    expect(await scene.subject.forge.listChecks(scene.subject.repository, other)).toHaveLength(1);
  });

  it('keeps all that are reported at once', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    await Promise.all(names.map((name) => report(name, 'passed')));
    const listed = await scene.subject.forge.listChecks(scene.subject.repository, scene.head);
    expect(listed.map((check) => check.name)).toEqual(names);
  });

  it('has none for a commit without, and refuses a commit that is not there', async () => {
    expect(await scene.subject.forge.listChecks(scene.subject.repository, scene.head)).toEqual([]);
    await expect(report('x', 'passed', 'f'.repeat(40))).rejects.toMatchObject({
      code: 'SB_FORGE_REFUSED',
    });
  });
}
