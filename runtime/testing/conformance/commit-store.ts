/** What every `CommitStore` does. */
import { beforeAll, describe, expect, it } from 'vitest';
import { makeCommit, type StorageUnderTest } from './storage-under-test.ts';

export function describeCommitStore(open: () => Promise<StorageUnderTest>): void {
  describe('the commit store', () => {
    let target: StorageUnderTest;
    beforeAll(async () => {
      target = await open();
    });
    const store = () => target.storage.commits;
    const commitFirst = async (id: string): Promise<number> => {
      const outcome = await store().commit({ kind: 'test', id }, makeCommit(1), 0);
      if (outcome.status !== 'committed') throw new Error('the first commit was refused');
      return outcome.seq;
    };

    it('has nothing of an actor that has never been', async () => {
      expect(await store().load({ kind: 'test', id: 'nobody' })).toBeUndefined();
    });

    it('gives back the last commit and its position', async () => {
      const address = { kind: 'test', id: 'kept' };
      const first = await commitFirst('kept');
      expect(await store().load(address)).toEqual({
        status: 'stored',
        commit: makeCommit(1),
        seq: first,
      });
      const second = await store().commit(address, makeCommit(2), first);
      expect(second.status).toBe('committed');
      expect(await store().load(address)).toMatchObject({ commit: makeCommit(2) });
    });

    it('refuses a commit behind one that it did not expect', async () => {
      const address = { kind: 'test', id: 'fenced' };
      const first = await commitFirst('fenced');
      await store().commit(address, makeCommit(2), first);
      expect(await store().commit(address, makeCommit(3, { epoch: 2 }), first)).toEqual({
        status: 'conflict',
      });
      expect(await store().commit(address, makeCommit(1, { epoch: 2 }), 0)).toEqual({
        status: 'conflict',
      });
      expect(await store().load(address)).toMatchObject({ commit: { n: 2, epoch: 1 } });
    });

    it('lets one of two owners win who commit at once', async () => {
      const address = { kind: 'test', id: 'contested' };
      const first = await commitFirst('contested');
      const outcomes = await Promise.all(
        [2, 3].map((epoch) => store().commit(address, makeCommit(2, { epoch }), first)),
      );
      expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(['committed', 'conflict']);
    });

    it('knows its own commit again when the answer was lost', async () => {
      const address = { kind: 'test', id: 'repeated' };
      const first = await commitFirst('repeated');
      expect(await store().commit(address, makeCommit(1), 0)).toEqual({
        status: 'committed',
        seq: first,
      });
    });

    it('does not take the commit of another owner with the same number for its own', async () => {
      const address = { kind: 'test', id: 'same-number' };
      const first = await commitFirst('same-number');
      await store().commit(address, makeCommit(2, { epoch: 7 }), first);
      expect(await store().commit(address, makeCommit(2, { epoch: 8 }), first)).toEqual({
        status: 'conflict',
      });
      const later = { at: '2026-02-02T00:00:00.000Z', epoch: 7 };
      expect(await store().commit(address, makeCommit(2, later), first)).toEqual({
        status: 'conflict',
      });
    });

    it('keeps actors apart', async () => {
      await commitFirst('left');
      expect(await store().load({ kind: 'test', id: 'lef' })).toBeUndefined();
      expect(await store().load({ kind: 'other', id: 'left' })).toBeUndefined();
    });
  });
}
