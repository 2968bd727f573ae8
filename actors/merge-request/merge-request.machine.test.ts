import { describe, expect, it } from 'vitest';
import {
  askForChanges,
  comment,
  driveMergeRequest,
  mergeRequestScenes,
  openIt,
  passed,
  reachMerging,
  see,
  type DrivenMergeRequest,
} from '../testing/drive-merge-request.ts';
import type { Reaction } from '../testing/drive-machine.ts';
import type { MergePolicy } from './merge-request.schema.ts';

const session = 'session/run-1::session';
const typesOf = ({ events }: Reaction) => events.map(({ type }) => type);
const steerText = ({ sent }: Reaction) =>
  sent.find(({ body }) => body.type === 'steer')?.body['text'];

/** From the reply on: back to looking at the new commit. */
function address(manager: DrivenMergeRequest, round: number): Reaction {
  const headSha = `sha-${round + 1}`;
  manager.send({ type: 'changesDelivered', headSha, answered: [`review-${round}`] });
  return manager.done('reply');
}

describe('a merge request', () => {
  it('is opened, reviewed, addressed, checked, merged and cleaned up after', () => {
    const manager = driveMergeRequest();
    expect(manager.opening.started[0]?.input).toMatchObject({
      sourceBranch: 'signalbox/run-1',
      targetBranch: 'main',
    });
    expect(openIt(manager).events).toEqual([
      {
        type: 'mergeRequestOpened',
        repository: '/origin.git',
        number: 7,
        link: 'signalbox mr show 7',
        title: 'Keep digits in slugs',
        headSha: 'sha-1',
      },
    ]);
    const asked = see(manager, {
      comments: [{ ...comment('changesRequested', 'Rename it.'), path: 'src/slugify.ts', line: 3 }],
    });
    expect(typesOf(asked)).toEqual(['reviewReceived', 'changesRequested']);
    expect(asked.sent).toEqual([
      {
        to: session,
        body: {
          type: 'steer',
          from: 'the merge request',
          request: 'review-1',
          text: 'Merge request 7 needs changes.\n\nAda wrote on src/slugify.ts:3:\nRename it.',
        },
      },
    ]);
    const addressed = manager.send({
      type: 'changesDelivered',
      headSha: 'sha-2-and-more',
      answered: ['review-1'],
    });
    expect(addressed.started).toEqual([
      {
        source: 'reply',
        input: { repository: '/origin.git', number: 7, body: 'Addressed in sha-2-and-mo.' },
      },
    ]);
    expect(manager.done('reply').started).toEqual([
      { source: 'observe', input: { repository: '/origin.git', number: 7, commentsRead: 1 } },
    ]);
    see(manager, { headSha: 'sha-2', commentCount: 2 });
    expect(manager.state()).toBe('awaitingChecks.looking');
    const merging = see(manager, { headSha: 'sha-2', commentCount: 2 });
    expect(typesOf(merging)).toEqual(['checksPassed', 'mergeStarted']);
    expect(merging.started).toEqual([
      {
        source: 'merge',
        input: {
          repository: '/origin.git',
          number: 7,
          headSha: 'sha-2',
          message: 'Merge request 7: Keep digits in slugs',
        },
      },
    ]);
    manager.done('merge', { status: 'merged', sha: 'merge-1' });
    const merged = manager.done('deleteSourceBranch');
    expect(merged.events).toContainEqual({ type: 'mergeRequestMerged', sha: 'merge-1' });
    expect(manager.output()).toEqual({ outcome: 'merged', reason: 'merged as merge-1' });
  });

  it('is merged even when its branch cannot be deleted', () => {
    const manager = mergeRequestScenes['merging.cleaning']?.();
    const kept = manager?.failed('deleteSourceBranch');
    expect(kept?.events.map(({ type }) => type)).toContain('sourceBranchKept');
    expect(manager?.output()).toEqual({ outcome: 'merged', reason: 'merged as merge-1' });
  });
});

const approval = comment('approved', 'Fine.');
const remark = comment('comment', 'Nice, but rename it.');

describe.each<MergePolicy['merge']>(['never', 'whenGreen'])('merge policy %s', (merge) => {
  const settled = merge === 'whenGreen' ? 'merging.requesting' : 'awaitingChecks.waiting';

  it('review none: waits for nobody', () => {
    const manager = driveMergeRequest({ merge, review: 'none' });
    openIt(manager);
    see(manager);
    see(manager);
    expect(manager.state()).toBe(settled);
  });

  it('review addressed: waits for a review, and until what it asks for is addressed', () => {
    const manager = driveMergeRequest({ merge, review: 'addressed' });
    openIt(manager);
    see(manager);
    expect(manager.state()).toBe('awaitingReview.waiting');
    manager.send({ type: 'forgeChanged' });
    see(manager, { comments: [remark] });
    expect(manager.state()).toBe('addressingReview.working.waiting');
    address(manager, 1);
    see(manager, { headSha: 'sha-2', commentCount: 1 });
    see(manager, { headSha: 'sha-2', commentCount: 1 });
    expect(manager.state()).toBe(settled);
  });

  it('review approved: waits for an approval of the current commit', () => {
    const manager = driveMergeRequest({ merge, review: 'approved' });
    openIt(manager);
    see(manager, { comments: [remark] });
    address(manager, 1);
    see(manager, { headSha: 'sha-2', commentCount: 1 });
    expect(manager.state()).toBe('awaitingReview.waiting');
    manager.send({ type: 'forgeChanged' });
    see(manager, {
      headSha: 'sha-2',
      comments: [comment('approved', 'Now.', 'sha-2')],
      commentCount: 2,
    });
    see(manager, { headSha: 'sha-2', commentCount: 2 });
    expect(manager.state()).toBe(settled);
  });

  it('never goes on while a required check is missing, pending or unknown', () => {
    const manager = driveMergeRequest({ merge, review: 'none' });
    openIt(manager);
    see(manager, { checks: [] });
    see(manager, { checks: [] });
    expect(manager.state()).toBe('awaitingChecks.waiting');
    for (const checks of [
      [{ ...passed, conclusion: 'pending' as const }],
      [{ ...passed, name: 'other' }],
    ]) {
      manager.send({ type: 'forgeChanged' });
      see(manager, { checks });
      expect(manager.state()).toBe('awaitingChecks.waiting');
    }
    manager.send({ type: 'forgeChanged' });
    see(manager);
    expect(manager.state()).toBe(settled);
  });
});

describe('a merge left to a person', () => {
  it('is said once per commit, and noticed when it happens', () => {
    const manager = driveMergeRequest({ merge: 'never', review: 'none' });
    openIt(manager);
    see(manager);
    expect(typesOf(see(manager))).toEqual(['mergeRequestLeftOpen']);
    manager.fire(Object.keys(manager.timers())[0] ?? '');
    expect(typesOf(see(manager))).toEqual([]);
    manager.send({ type: 'forgeChanged' });
    expect(typesOf(see(manager, { headSha: 'sha-2' }))).toEqual(['mergeRequestLeftOpen']);
    manager.send({ type: 'forgeChanged' });
    see(manager, { state: 'merged', mergeSha: 'merge-9' });
    expect(manager.output()).toEqual({ outcome: 'merged', reason: 'merged as merge-9' });
  });

  it('may be refused by a person', () => {
    const manager = mergeRequestScenes['awaitingReview.waiting']?.();
    manager?.send({ type: 'forgeChanged' });
    const closed =
      manager === undefined
        ? undefined
        : see(manager, { state: 'closed', closeReason: 'not needed' });
    expect(closed?.events).toContainEqual({ type: 'mergeRequestClosed', reason: 'not needed' });
    expect(manager?.output()).toEqual({ outcome: 'closed', reason: 'not needed' });
  });
});

describe('decisions are typed', () => {
  it('"LGTM? No. This deletes prod data." with changes requested never merges', () => {
    const manager = driveMergeRequest({ maxReviewRounds: 0 });
    openIt(manager);
    see(manager, { comments: [comment('changesRequested', 'LGTM? No. This deletes prod data.')] });
    expect(manager.output()).toMatchObject({ outcome: 'escalated' });
    expect(
      manager.history.flatMap(({ started }) => started.map(({ source }) => source)),
    ).not.toContain('merge');
  });

  it.each<MergePolicy['review']>(['none', 'addressed', 'approved'])(
    'a request for changes comes first under review policy %s, whatever else was said',
    (review) => {
      const manager = driveMergeRequest({ review });
      openIt(manager);
      see(manager, {
        comments: [comment('changesRequested', 'LGTM? No. This deletes prod data.'), approval],
      });
      expect(manager.state()).toBe('addressingReview.working.waiting');
    },
  );

  it('"I DISAPPROVE" as an approval is an approval: only the verdict is read', () => {
    const manager = driveMergeRequest({ review: 'approved' });
    openIt(manager);
    const read = see(manager, { comments: [comment('approved', 'I DISAPPROVE of this change')] });
    expect(manager.state()).toBe('awaitingChecks.looking');
    expect(steerText(read)).toBeUndefined();
  });

  it('an approval of an older commit does not count', () => {
    const manager = driveMergeRequest({ review: 'approved' });
    openIt(manager);
    see(manager, { headSha: 'sha-2', comments: [approval] });
    expect(manager.state()).toBe('awaitingReview.waiting');
  });

  it('a new commit takes an approval back while the checks are waited for', () => {
    const manager = driveMergeRequest({ review: 'approved' });
    openIt(manager);
    see(manager, { comments: [approval], checks: [] });
    see(manager, { commentCount: 1, headSha: 'sha-2' });
    expect(manager.state()).toBe('awaitingReview.waiting');
  });
});

describe('rework', () => {
  it('tells the session of everything at once: comments and a failed check', () => {
    const manager = driveMergeRequest();
    openIt(manager);
    const asked = see(manager, {
      comments: [remark, comment('changesRequested', 'And a test.')],
      checks: [{ ...passed, conclusion: 'failed', summary: 'exit code 1' }],
    });
    expect(steerText(asked)).toBe(
      [
        'Merge request 7 needs changes.',
        'Ada wrote:\nNice, but rename it.',
        'Ada wrote:\nAnd a test.',
        'The check "signalbox/tests" failed:\nexit code 1',
      ].join('\n\n'),
    );
  });

  it('steers for a failed check while it waits for checks', () => {
    const manager = mergeRequestScenes['awaitingChecks.waiting']?.();
    manager?.send({ type: 'forgeChanged' });
    const failed = { ...passed, conclusion: 'failed' as const, summary: 'exit code 1' };
    const asked =
      manager === undefined ? undefined : see(manager, { commentCount: 1, checks: [failed] });
    expect(asked && steerText(asked)).toContain('The check "signalbox/tests" failed');
    expect(manager?.state()).toBe('addressingReview.working.waiting');
  });

  it('does not mind a failed check that is not required', () => {
    const manager = driveMergeRequest({ review: 'none' });
    openIt(manager);
    see(manager, { checks: [passed, { name: 'coverage', conclusion: 'failed', summary: '79 %' }] });
    expect(manager.state()).toBe('awaitingChecks.looking');
  });

  it('reads what was said while the session worked, and only that', () => {
    const manager = driveMergeRequest();
    askForChanges(manager);
    manager.send({ type: 'forgeChanged' });
    const glance = see(manager, { comments: [comment('comment', 'Docs, too.')], commentCount: 2 });
    expect(glance.sent).toEqual([]);
    expect(address(manager, 1).started[0]?.input).toMatchObject({ commentsRead: 1 });
    const again = see(manager, {
      headSha: 'sha-2',
      comments: [comment('comment', 'Docs, too.')],
      commentCount: 3,
    });
    expect(steerText(again)).toBe('Merge request 7 needs changes.\n\nAda wrote:\nDocs, too.');
  });

  it.each([
    [
      { state: 'closed' as const, closeReason: 'not needed' },
      { outcome: 'closed', reason: 'not needed' },
    ],
    [
      { state: 'merged' as const, mergeSha: 'merge-9' },
      { outcome: 'merged', reason: 'merged as merge-9' },
    ],
  ])('is over when a person ends it while the session works (%#)', (seen, end) => {
    const manager = driveMergeRequest();
    askForChanges(manager);
    manager.fire(Object.keys(manager.timers())[0] ?? '');
    see(manager, seen);
    expect(manager.output()).toEqual(end);
  });

  it('does not take a delivery that was under way for an answer', () => {
    const manager = driveMergeRequest();
    askForChanges(manager);
    manager.send({ type: 'changesDelivered', headSha: 'sha-2', answered: [] });
    expect(manager.state()).toBe('addressingReview.working.waiting');
    address(manager, 1);
    expect(manager.state()).toBe('awaitingReview.looking');
  });

  it('asks a person after the last round', () => {
    const manager = driveMergeRequest({ maxReviewRounds: 2 });
    askForChanges(manager);
    for (const round of [1, 2]) {
      address(manager, round);
      see(manager, { comments: [comment('comment', `Round ${round}.`)] });
    }
    expect(manager.output()).toEqual({
      outcome: 'escalated',
      reason: 'after 2 rounds of changes there is still something to change',
    });
  });

  it('escalates with the reason when what was asked for cannot be delivered', () => {
    const manager = driveMergeRequest();
    askForChanges(manager);
    manager.send({ type: 'changesFailed', reason: 'the session cannot be reopened' });
    expect(manager.output()).toEqual({
      outcome: 'escalated',
      reason: 'the session cannot be reopened',
    });
  });
});

describe('merging', () => {
  it('goes back to the checks when the branch has moved', () => {
    const manager = driveMergeRequest();
    reachMerging(manager);
    manager.done('merge', {
      status: 'refused',
      reason: 'headMoved',
      detail: 'the branch is at sha-2',
    });
    expect(manager.state()).toBe('awaitingChecks.looking');
    const again = see(manager, { headSha: 'sha-2', commentCount: 1 });
    expect(again.started[0]).toMatchObject({ source: 'merge', input: { headSha: 'sha-2' } });
  });

  it.each(['conflict', 'closed', 'targetCheckedOut', 'notPermitted'])(
    'asks a person on %s',
    (reason) => {
      const manager = driveMergeRequest();
      reachMerging(manager);
      manager.done('merge', { status: 'refused', reason, detail: 'in src/slugify.ts' });
      expect(manager.output()).toEqual({
        outcome: 'escalated',
        reason: 'the merge was refused: in src/slugify.ts',
      });
    },
  );

  it('cannot be called back: what happened decides', () => {
    const manager = driveMergeRequest();
    reachMerging(manager);
    const told = manager.send({ type: 'escalate', reason: 'the session was killed' });
    expect(told.cancelled).toEqual([]);
    manager.done('merge', { status: 'merged', sha: 'merge-1' });
    manager.send({ type: 'escalate', reason: 'again' });
    manager.done('deleteSourceBranch');
    expect(manager.output()).toEqual({ outcome: 'merged', reason: 'merged as merge-1' });
  });

  it.each(['headMoved', 'conflict'])(
    'does not try again after it was told to stop (%s)',
    (reason) => {
      const manager = driveMergeRequest();
      reachMerging(manager);
      manager.send({ type: 'escalate', reason: 'the session was killed' });
      manager.done('merge', { status: 'refused', reason, detail: 'x' });
      expect(manager.output()).toEqual({ outcome: 'escalated', reason: 'the session was killed' });
    },
  );
});

describe('the forge', () => {
  it.each([
    ['opening', 'openMergeRequest', 'the merge request cannot be opened'],
    ['awaitingReview.looking', 'observe', 'the forge cannot be read'],
    ['addressingReview.working.looking', 'observe', 'the forge cannot be read'],
    ['awaitingChecks.looking', 'observe', 'the forge cannot be read'],
    ['addressingReview.replying', 'reply', 'the review cannot be answered'],
    ['merging.requesting', 'merge', 'the merge failed'],
  ])('failing in %s is for a person', (state, source, what) => {
    const manager = mergeRequestScenes[state]?.();
    manager?.failed(source, { code: 'SB_FORGE_REFUSED', message: 'not allowed' });
    expect(manager?.output()).toEqual({
      outcome: 'escalated',
      reason: `${what}: not allowed (SB_FORGE_REFUSED)`,
    });
  });

  it.each(['awaitingReview.waiting', 'awaitingChecks.waiting', 'addressingReview.working.waiting'])(
    'is looked at again by timer in %s',
    (state) => {
      const manager = mergeRequestScenes[state]?.();
      const [timer] = Object.entries(manager?.timers() ?? {});
      expect(timer?.[1]).toBe(15_000);
      const looked = manager?.fire(timer?.[0] ?? '');
      expect(looked?.started.map(({ source }) => source)).toEqual(['observe']);
      expect(manager?.timers()).toEqual({});
    },
  );

  const stoppable = Object.entries(mergeRequestScenes).filter(
    ([state]) => !state.startsWith('merging.'),
  );

  it.each(stoppable)('escalate ends %s', (_, enter) => {
    const manager = enter();
    const told = manager.send({ type: 'escalate', reason: 'nobody is left' });
    expect(manager.output()).toEqual({ outcome: 'escalated', reason: 'nobody is left' });
    expect(told.events).toContainEqual({ type: 'mergeRequestEscalated', reason: 'nobody is left' });
    expect(manager.timers()).toEqual({});
  });
});
