import { beforeEach, describe, expect, it } from 'vitest';
import { agentAuthor } from '../ports/identity.ts';
import type { EffectDefinition } from '../../runtime/core/effect-definition.ts';
import { createMemoryForge, type MemoryForge } from '../testing/memory-forge.ts';
import { findEffect, runEffect } from '../testing/run-effect.ts';
import { createMergeRequestEffects } from './merge-request.effects.ts';

const reference = { repository: '/origin.git', number: 1 };
const opening = {
  repository: '/origin.git',
  sourceBranch: 'signalbox/run-1',
  targetBranch: 'main',
  title: 'Keep digits in slugs',
  body: 'Digits are kept.',
};

let forge: MemoryForge;
let effects: Readonly<Record<string, EffectDefinition>>;

beforeEach(async () => {
  forge = createMemoryForge();
  effects = createMergeRequestEffects(forge);
  await runEffect(effects, 'openMergeRequest', opening, { effectId: 'open-1' });
});

async function say(author: string, body: string, key: string): Promise<void> {
  await forge.addComment(reference, {
    author,
    body,
    verdict: 'changesRequested',
    idempotencyKey: key,
  });
}

describe('opening', () => {
  it('is done once per effect', async () => {
    const again = await runEffect(effects, 'openMergeRequest', opening, {
      effectId: 'open-1',
      attempt: 2,
    });
    expect(again).toEqual({ number: 1, link: 'signalbox mr show 1', headSha: 'sha-1' });
    expect(forge.mergeRequests).toHaveLength(1);
    expect(forge.mergeRequests[0]?.author).toBe(agentAuthor.name);
  });
});

describe('looking', () => {
  it('sees the comments since the last look, but for its own, and counts them all', async () => {
    await say('Ada', 'Rename it.', 'c-1');
    await runEffect(
      effects,
      'reply',
      { ...reference, body: 'Addressed.' },
      { effectId: 'reply-1' },
    );
    await say('Grace', 'And a test.', 'c-2');
    const first = await runEffect(effects, 'observe', { ...reference, commentsRead: 0 });
    expect(first).toMatchObject({
      commentCount: 3,
      comments: [
        { id: 'c-1', author: 'Ada', body: 'Rename it.', verdict: 'changesRequested', sha: 'sha-1' },
        { id: 'c-2', author: 'Grace' },
      ],
    });
    const second = await runEffect(effects, 'observe', { ...reference, commentsRead: 2 });
    expect(second).toMatchObject({ commentCount: 3, comments: [{ id: 'c-2' }] });
  });

  it('sees the checks of the current commit only', async () => {
    const check = { name: 'signalbox/tests', conclusion: 'passed', summary: 'fine' } as const;
    await forge.reportCheck('/origin.git', { ...check, sha: 'sha-0', conclusion: 'failed' });
    await forge.reportCheck('/origin.git', { ...check, sha: 'sha-1' });
    expect(await runEffect(effects, 'observe', { ...reference, commentsRead: 0 })).toMatchObject({
      state: 'open',
      headSha: 'sha-1',
      mergeSha: null,
      closeReason: null,
      checks: [check],
    });
  });

  it('sees that a person has closed it, and why', async () => {
    await forge.close(reference, 'not needed');
    expect(await runEffect(effects, 'observe', { ...reference, commentsRead: 0 })).toMatchObject({
      state: 'closed',
      closeReason: 'not needed',
    });
  });

  it('fails on a merge request that is not there', async () => {
    const input = { repository: '/origin.git', number: 9, commentsRead: 0 };
    await expect(runEffect(effects, 'observe', input)).rejects.toMatchObject({
      code: 'SB_NOT_FOUND',
    });
  });
});

describe('acting', () => {
  it('replies once per effect', async () => {
    const input = { ...reference, body: 'Addressed in sha-2.' };
    await runEffect(effects, 'reply', input, { effectId: 'reply-1' });
    await runEffect(effects, 'reply', input, { effectId: 'reply-1', attempt: 2 });
    expect(forge.comments.map(({ body, verdict }) => [body, verdict])).toEqual([
      ['Addressed in sha-2.', 'comment'],
    ]);
  });

  it('merges only the commit it was told', async () => {
    const input = { ...reference, headSha: 'sha-1', message: 'Merge request 1' };
    expect(await runEffect(effects, 'merge', input)).toEqual({ status: 'merged', sha: 'merge-1' });
    expect(forge.merges).toEqual(['sha-1']);
  });

  it('may be repeated, all of it', () => {
    for (const name of Object.keys(effects))
      expect(findEffect(effects, name).whenUnknown).toBe('idempotent');
  });
});
