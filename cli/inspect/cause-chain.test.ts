import { describe, expect, it } from 'vitest';
import { readCause, describeCause } from './cause.ts';
import {
  findCommit,
  findCommitBy,
  keyOf,
  walkBack,
  walkOn,
  type CommitFacts,
} from './cause-chain.ts';

describe('the id of a command', () => {
  const child = { kind: 'session', id: 'run-1::session' };

  it.each([
    ['session.run-1::session:12:3', { type: 'commit', by: 'command', actor: child, n: 12 }],
    ['session.run-1::session:12:3:fired', { type: 'commit', by: 'timer', actor: child, n: 12 }],
    ['session.run-1::session.12-40', { type: 'commit', by: 'effect', actor: child, n: 12 }],
    ['a.b::7:2:0', { type: 'commit', by: 'command', actor: { kind: 'a', id: 'b::7' }, n: 2 }],
    ['run-0a1b', { type: 'outside', commandId: 'run-0a1b' }],
    [
      'b9f2a9e8-9d26-4d5d-8f0e-0d1c7a3e2f10',
      { type: 'outside', commandId: 'b9f2a9e8-9d26-4d5d-8f0e-0d1c7a3e2f10' },
    ],
  ])('%s says where it came from', (id, cause) => {
    expect(readCause(id)).toEqual(cause);
  });

  it('is told in words', () => {
    expect(describeCause('session.run-1::session:12:3', child)).toBe('command of its commit 12');
    expect(describeCause('coordinator.run-1.4-9', child)).toBe(
      'effect of commit 4 of coordinator/run-1',
    );
    expect(describeCause('run-1')).toBe('outside command run-1');
  });
});

describe('a chain of causes', () => {
  const parent = { kind: 'parent', id: 'p' };
  const child = { kind: 'child', id: 'p::c' };
  const facts = (
    actor: CommitFacts['actor'],
    n: number,
    at: string,
    causes: readonly string[],
  ): CommitFacts => ({ actor, n, at, causes, state: 's', events: ['happened'] });
  const began = facts(parent, 1, '2026-01-01T00:00:00.000Z', ['outside-1']);
  const started = facts(child, 1, '2026-01-01T00:00:01.000Z', ['parent.p:1:0']);
  const worked = facts(child, 2, '2026-01-01T00:00:02.000Z', ['child.p::c.1-1']);
  const told = facts(parent, 2, '2026-01-01T00:00:03.000Z', ['child.p::c:2:1', 'outside-2']);
  const other = facts(parent, 3, '2026-01-01T00:00:04.000Z', ['outside-3']);
  const all = new Map(
    [began, started, worked, told, other].map((commit) => [keyOf(commit.actor, commit.n), commit]),
  );

  it('leads back to what began it, over commands and effects and across actors', async () => {
    const ancestry = await walkBack(told, async (actor, n) => all.get(keyOf(actor, n)));
    expect(ancestry).toEqual({
      commits: [began, started, worked],
      origins: ['outside-2', 'outside-1'],
      lost: [],
    });
  });

  it('says where it is broken', async () => {
    const ancestry = await walkBack(told, async (actor, n) =>
      n === 1 ? undefined : all.get(keyOf(actor, n)),
    );
    expect(ancestry).toEqual({
      commits: [worked],
      origins: ['outside-2'],
      lost: [{ actor: child, n: 1, before: null }],
    });
  });

  it('goes on with the last known commit before one that is not known', async () => {
    const last = facts(parent, 5, '2026-01-01T00:00:09.000Z', ['child.p::c.4-7']);
    const ancestry = await walkBack(last, async (actor, n) =>
      findCommit(
        [...all.values()].filter((commit) => commit.actor.kind === actor.kind),
        n,
      ),
    );
    expect(ancestry).toEqual({
      commits: [began, started, worked],
      origins: ['outside-1'],
      lost: [{ actor: child, n: 4, before: { actor: child, n: 2 } }],
    });
  });

  it('goes on with the parent when it is not known how a child began', async () => {
    const ancestry = await walkBack(worked, async (actor) =>
      actor.kind === 'child'
        ? findCommitBy(
            [...all.values()].filter((commit) => commit.actor.kind === 'parent'),
            worked.at,
          )
        : undefined,
    );
    expect(ancestry).toEqual({
      commits: [began],
      origins: ['outside-1'],
      lost: [{ actor: child, n: 1, before: { actor: parent, n: 1 } }],
    });
  });

  it('leads on to all that came of it and nothing else', () => {
    expect(walkOn(began, all)).toEqual([started, worked, told]);
    expect(walkOn(worked, all)).toEqual([told]);
    expect(walkOn(other, all)).toEqual([]);
  });
});
