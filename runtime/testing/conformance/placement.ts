/** What every `LeaseStore` and every `CheckpointStore` does. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { ClaimOutcome, LeaseStore, Member, Placement } from '../../core/leases.ts';
import type { CheckpointOutcome, CheckpointStore, HeldCheckpoint } from '../../core/storage.ts';
import { eventually, type StorageUnderTest } from './storage-under-test.ts';

function makeMember(workerId: string, changes: Partial<Member> = {}): Member {
  const startedAt = '2026-01-01T00:00:00.000Z';
  return { workerId, hostsActors: true, pools: ['kitchen'], startedAt, ...changes };
}

function epochOf(outcome: ClaimOutcome): number {
  if (outcome.status !== 'claimed') throw new Error('the claim was refused');
  return outcome.epoch;
}

function heldOf(outcome: CheckpointOutcome): HeldCheckpoint {
  if (outcome.status !== 'held') throw new Error('the checkpoint is fenced');
  return outcome.held;
}

export function describePlacement(open: () => Promise<StorageUnderTest>): void {
  describe('the leases', () => {
    let leases: LeaseStore;
    beforeAll(async () => {
      leases = (await open()).storage.leases;
    });

    it('know who has joined, and what they say of themselves', async () => {
      const member = makeMember('joins');
      const membership = await leases.join(member);
      expect((await leases.read()).members.get('joins')).toEqual(member);
      const changed = makeMember('joins', { hostsActors: false });
      const renewal = await leases.renew(membership, changed);
      expect(renewal.status).toBe('renewed');
      expect((await leases.read()).members.get('joins')).toEqual(changed);
      if (renewal.status !== 'replaced') await leases.leave(renewal.membership);
      expect((await leases.read()).members.has('joins')).toBe(false);
    });

    it('tell a process that another has joined with its id', async () => {
      const first = await leases.join(makeMember('same'));
      const second = await leases.join(makeMember('same'));
      expect(await leases.renew(first)).toEqual({ status: 'replaced' });
      await leases.leave(first);
      expect((await leases.renew(second)).status).toBe('renewed');
    });

    it('renew an entry whose last renewal was stored without an answer', async () => {
      const membership = await leases.join(makeMember('unanswered'));
      await leases.renew(membership);
      expect((await leases.renew(membership)).status).toBe('renewed');
    });

    it('give a partition to one of many', async () => {
      const outcomes = await Promise.all(
        ['a', 'b', 'c'].map((workerId) => leases.claim(0, workerId, 0)),
      );
      expect(outcomes.map(({ status }) => status).sort()).toEqual([
        'changed',
        'changed',
        'claimed',
      ]);
    });

    it('give every claim of a partition a larger epoch', async () => {
      const first = epochOf(await leases.claim(1, 'a', 0));
      expect((await leases.read()).claims.get(1)).toEqual({ workerId: 'a', revision: first });
      expect(await leases.claim(1, 'b', 0)).toEqual({ status: 'changed' });
      const second = epochOf(await leases.claim(1, 'b', first));
      expect(second).toBeGreaterThan(first);
      await leases.release(1, first);
      expect((await leases.read()).claims.get(1)?.workerId).toBe('b');
      await leases.release(1, second);
      const released = (await leases.read()).claims.get(1);
      expect(released?.workerId).toBeUndefined();
      const third = epochOf(await leases.claim(1, 'a', released?.revision ?? 0));
      expect(third).toBeGreaterThan(second);
    });

    it('end an entry that nobody renews, say so, and take it in again', async () => {
      const membership = await leases.join(makeMember('pauses'));
      const stopping = new AbortController();
      const seen: Placement[] = [];
      const watching = leases.watch((placement) => seen.push(placement), stopping.signal);
      await eventually(() => {
        expect(seen.at(-1)?.members.has('pauses')).toBe(true);
      });
      await eventually(() => {
        expect(seen.at(-1)?.members.has('pauses')).toBe(false);
      });
      const lapsed = await leases.renew(membership);
      expect(lapsed.status).toBe('lapsed');
      await eventually(() => {
        expect(seen.at(-1)?.members.has('pauses')).toBe(true);
      });
      const renewed = lapsed.status === 'lapsed' && (await leases.renew(lapsed.membership));
      expect(renewed).toMatchObject({ status: 'renewed' });
      stopping.abort();
      await watching;
    });

    it('tell watchers of claims, and not of renewals', async () => {
      const membership = await leases.join(makeMember('watched'));
      const stopping = new AbortController();
      const seen: Placement[] = [];
      const watching = leases.watch((placement) => seen.push(placement), stopping.signal);
      await eventually(() => {
        expect(seen.at(-1)?.members.has('watched')).toBe(true);
      });
      const before = seen.length;
      await leases.renew(membership);
      const known = (await leases.read()).claims.get(2);
      const epoch = epochOf(await leases.claim(2, 'watched', known?.revision ?? 0));
      await eventually(() => {
        expect(seen.at(-1)?.claims.get(2)).toEqual({ workerId: 'watched', revision: epoch });
      });
      expect(seen.length).toBe(before + 1);
      stopping.abort();
      await watching;
    });
  });

  describe('the checkpoints', () => {
    let checkpoints: CheckpointStore;
    beforeAll(async () => {
      checkpoints = (await open()).storage.checkpoints;
    });

    it('are those that were saved last, by partition', async () => {
      const first = heldOf(await checkpoints.takeOver(1, 4));
      expect(first.checkpoint).toEqual({ offset: 0, busy: [] });
      const saved = { offset: 9, busy: [{ kind: 'test', id: 'a' }] };
      const second = heldOf(await checkpoints.save(1, first, { offset: 3, busy: [] }));
      await checkpoints.save(1, second, saved);
      expect(heldOf(await checkpoints.takeOver(1, 5)).checkpoint).toEqual(saved);
      expect(heldOf(await checkpoints.takeOver(0, 4)).checkpoint).toEqual({ offset: 0, busy: [] });
    });

    it('cannot be replaced by an owner that was followed by another', async () => {
      const old = heldOf(await checkpoints.takeOver(2, 7));
      const later = heldOf(await checkpoints.takeOver(2, 8));
      expect(await checkpoints.save(2, old, { offset: 5, busy: [] })).toEqual({ status: 'fenced' });
      expect(await checkpoints.takeOver(2, 7)).toEqual({ status: 'fenced' });
      const kept = { offset: 2, busy: [] };
      expect(heldOf(await checkpoints.save(2, later, kept)).checkpoint).toEqual(kept);
    });

    it('take a save whose predecessor was stored without an answer', async () => {
      const held = heldOf(await checkpoints.takeOver(3, 1));
      await checkpoints.save(3, held, { offset: 1, busy: [] });
      const again = heldOf(await checkpoints.save(3, held, { offset: 2, busy: [] }));
      expect(again.checkpoint.offset).toBe(2);
    });
  });
}
