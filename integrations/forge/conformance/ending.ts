/** Conformance of forges: merging and closing, alone and against each other. */
import { expect, it } from 'vitest';
import { author, sourceBranch } from './scene.ts';
import type { Scene } from './scene.ts';

export function declareMerging(scene: Scene): void {
  it('makes one merge commit of target and scene.head, however often', async () => {
    const opened = await scene.open();
    const before = await scene.subject.tipOf('main');
    const merged = await scene.merge(opened, scene.head);
    const sha = await scene.subject.tipOf('main');
    expect(merged).toEqual({ status: 'merged', sha });
    expect(await scene.subject.parentsOf(sha ?? '')).toEqual([before, scene.head]);
    expect(await scene.merge(opened, scene.head)).toEqual(merged);
    expect(await scene.subject.tipOf('main')).toBe(sha);
    expect(await scene.subject.forge.getMergeRequest(opened)).toMatchObject({
      state: 'merged',
      mergeSha: sha,
      headSha: scene.head,
    });
  });

  it('merges once when several ask at once', async () => {
    const opened = await scene.open();
    const other = scene.subject.connectAgain();
    const request = { expectedHeadSha: scene.head, message: 'Merge', author };
    const outcomes = await Promise.all([
      scene.subject.forge.merge(opened, request),
      other.merge(opened, request),
      scene.subject.forge.merge(opened, request),
    ]);
    const sha = await scene.subject.tipOf('main');
    for (const outcome of outcomes) expect(outcome).toEqual({ status: 'merged', sha });
  });

  it('brings two different ones in when both are merged at once', async () => {
    const headOfTwo = await scene.subject.commitTo('two', { two: '2' });
    const first = await scene.open();
    const second = await scene.open({ sourceBranch: 'two', idempotencyKey: 'open-2' });
    const outcomes = await Promise.all([
      scene.merge(first, scene.head),
      scene.subject
        .connectAgain()
        .merge(second, { expectedHeadSha: headOfTwo, message: 'Two', author }),
    ]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['merged', 'merged']);
    const shas = outcomes.flatMap((outcome) => (outcome.status === 'merged' ? [outcome.sha] : []));
    expect(shas).toContain(await scene.subject.tipOf('main'));
    expect(new Set(shas).size).toBe(2);
  });

  it('removes the source branch afterwards, again without harm', async () => {
    const opened = await scene.open();
    await expect(scene.subject.forge.deleteSourceBranch(opened)).rejects.toMatchObject({
      code: 'SB_FORGE_REFUSED',
    });
    await scene.merge(opened, scene.head);
    await scene.subject.forge.deleteSourceBranch(opened);
    await scene.subject.forge.deleteSourceBranch(opened);
    expect(await scene.subject.tipOf(sourceBranch)).toBeUndefined();
    expect(await scene.subject.forge.getMergeRequest(opened)).toMatchObject({
      headSha: scene.head,
    });
  });
}

export function declareRefusedMerges(scene: Scene): void {
  it('refuses a conflict and changes nothing', async () => {
    await scene.subject.commitTo(sourceBranch, { 'source/a.ts': 'export const a = 2;\n' });
    const before = await scene.subject.commitTo('main', { 'source/a.ts': 'export const a = 3;\n' });
    const opened = await scene.open();
    const outcome = await scene.merge(opened, opened.headSha);
    expect(outcome).toMatchObject({ status: 'refused', reason: 'conflict' });
    expect(await scene.subject.tipOf('main')).toBe(before);
    expect(await scene.subject.forge.getMergeRequest(opened)).toMatchObject({ state: 'open' });
  });

  it('refuses a head that moved, then takes the new one', async () => {
    const opened = await scene.open();
    const moved = await scene.subject.commitTo(sourceBranch, { 'source/c.ts': 'c\n' });
    expect(await scene.merge(opened, scene.head)).toMatchObject({
      status: 'refused',
      reason: 'headMoved',
    });
    expect(await scene.merge(opened, moved)).toMatchObject({ status: 'merged' });
  });

  it('refuses a closed one', async () => {
    const opened = await scene.open();
    await scene.subject.forge.close(opened, 'no');
    expect(await scene.merge(opened, scene.head)).toMatchObject({
      status: 'refused',
      reason: 'closed',
    });
  });
}

export function declareClosing(scene: Scene): void {
  it('closes with the reason, once', async () => {
    const opened = await scene.open();
    const closed = await scene.subject.forge.close(opened, 'superseded');
    expect(closed).toMatchObject({
      state: 'closed',
      closeReason: 'superseded',
      headSha: scene.head,
    });
    expect(await scene.subject.forge.close(opened, 'another reason')).toEqual(closed);
    expect(await scene.subject.forge.getMergeRequest(opened)).toEqual(closed);
    await scene.subject.forge.deleteSourceBranch(opened);
    expect(await scene.subject.tipOf(sourceBranch)).toBeUndefined();
  });

  it('refuses once merged', async () => {
    const opened = await scene.open();
    await scene.merge(opened, scene.head);
    await expect(scene.subject.forge.close(opened, 'too late')).rejects.toMatchObject({
      code: 'SB_FORGE_REFUSED',
    });
    expect(await scene.subject.forge.getMergeRequest(opened)).toMatchObject({ state: 'merged' });
  });

  it('lets either merge or close win, never both', async () => {
    const opened = await scene.open();
    const before = await scene.subject.tipOf('main');
    const [merged, closed] = await Promise.allSettled([
      scene.merge(opened, scene.head),
      scene.subject.connectAgain().close(opened, 'race'),
    ]);
    const view = await scene.subject.forge.getMergeRequest(opened);
    const mainMoved = (await scene.subject.tipOf('main')) !== before;
    expect(mainMoved).toBe(view.state === 'merged');
    expect(closed.status).toBe(view.state === 'merged' ? 'rejected' : 'fulfilled');
    expect(merged).toMatchObject({
      value: { status: view.state === 'merged' ? 'merged' : 'refused' },
    });
  });
}
