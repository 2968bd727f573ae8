/** Conformance of forges: opening merge requests, and what is refused. */
import { expect, it } from 'vitest';
import { author, sourceBranch, unicodeTitle } from './scene.ts';
import type { Scene } from './scene.ts';

export function declareOpening(scene: Scene): void {
  it('shows what was proposed', async () => {
    const opened = await scene.open();
    expect(opened).toMatchObject({
      repository: scene.subject.repository,
      title: unicodeTitle,
      body: 'First line\n\n- [ ] a list\n',
      author,
      state: 'open',
      sourceBranch,
      targetBranch: 'main',
      headSha: scene.head,
    });
    expect(opened.link).toContain(String(opened.number));
    expect(Date.parse(opened.createdAt)).not.toBeNaN();
    expect(await scene.subject.forge.getMergeRequest(opened)).toEqual(opened);
  });

  it('gives the same one for the same key, whatever its state', async () => {
    const opened = await scene.open();
    expect(await scene.open({ title: 'Another title' })).toEqual(opened);
    expect(await scene.open({}, scene.subject.connectAgain())).toEqual(opened);
    await scene.subject.forge.close(opened, 'not needed');
    expect(await scene.open()).toMatchObject({ number: opened.number, state: 'closed' });
    expect(await scene.subject.forge.listMergeRequests(scene.subject.repository)).toHaveLength(1);
  });

  it('opens one for a key asked for by several at once, from two processes', async () => {
    const other = scene.subject.connectAgain();
    const opened = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        scene.open({}, index % 2 === 0 ? scene.subject.forge : other),
      ),
    );
    expect(new Set(opened.map((view) => view.number)).size).toBe(1);
    expect(await scene.subject.forge.listMergeRequests(scene.subject.repository)).toHaveLength(1);
  });

  it('gives different numbers to different ones opened at once', async () => {
    const other = scene.subject.connectAgain();
    const branches = ['one', 'two', 'three', 'four', 'five', 'six'];
    for (const branch of branches) await scene.subject.commitTo(branch, { [branch]: branch });
    const opened = await Promise.all(
      branches.map((branch, index) =>
        scene.open(
          { sourceBranch: branch, idempotencyKey: branch },
          index % 2 === 0 ? scene.subject.forge : other,
        ),
      ),
    );
    const numbers = opened.map((view) => view.number).sort((a, b) => a - b);
    const first = numbers[0] ?? 0;
    expect(first).toBeGreaterThan(0);
    expect(numbers).toEqual(branches.map((_, index) => first + index));
  });
}

export function declareRefusedOpenings(scene: Scene): void {
  it.each([
    ['a source branch that is not there', { sourceBranch: 'nope' }],
    ['a target branch that is not there', { targetBranch: 'nope' }],
    ['nothing to merge', { sourceBranch: 'main' }],
    ['an empty title', { title: ' ' }],
  ])('refuses %s', async (_, changes) => {
    await expect(scene.open(changes)).rejects.toMatchObject({ code: 'SB_FORGE_REFUSED' });
    expect(await scene.subject.forge.listMergeRequests(scene.subject.repository)).toEqual([]);
  });

  it('refuses a second open one for the same branches, and allows it once the first is closed', async () => {
    const opened = await scene.open();
    const again = { idempotencyKey: 'open-2' };
    await expect(scene.open(again)).rejects.toMatchObject({ code: 'SB_FORGE_REFUSED' });
    await scene.subject.forge.close(opened, 'start over');
    expect(await scene.open(again)).toMatchObject({ state: 'open' });
  });

  it('does not know a repository that is not there', async () => {
    const repository = `${scene.subject.repository}-not-there`;
    await expect(scene.open({ repository })).rejects.toMatchObject({ code: 'SB_NOT_FOUND' });
    await expect(scene.subject.forge.listMergeRequests(repository)).rejects.toMatchObject({
      code: 'SB_NOT_FOUND',
    });
  });
}
