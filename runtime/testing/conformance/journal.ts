/** What every `Journal` does. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { StorageUnderTest } from './storage-under-test.ts';

export function describeJournal(open: () => Promise<StorageUnderTest>): void {
  describe('the journal', () => {
    let target: StorageUnderTest;
    beforeAll(async () => {
      target = await open();
    });

    it('keeps the first value of a step', async () => {
      const { journal } = target.storage;
      expect(await journal.get('kind.id.1-1', 'claim-1')).toBeUndefined();
      expect(await journal.put('kind.id.1-1', 'claim-1', { worker: 'a' })).toEqual({
        stored: true,
        value: { worker: 'a' },
      });
      expect(await journal.put('kind.id.1-1', 'claim-1', { worker: 'b' })).toEqual({
        stored: false,
        value: { worker: 'a' },
      });
      expect(await journal.get('kind.id.1-1', 'claim-1')).toEqual({ worker: 'a' });
    });

    it('keeps steps and effects apart, and tells null from nothing', async () => {
      const { journal } = target.storage;
      await journal.put('kind.id.2-1', 'step-a b.c', null);
      expect(await journal.get('kind.id.2-1', 'step-a b.c')).toBeNull();
      expect(await journal.put('kind.id.2-1', 'step-a b.c', 1)).toEqual({
        stored: false,
        value: null,
      });
      expect(await journal.get('kind.id.2-1', 'step-a')).toBeUndefined();
      expect(await journal.get('kind.id.2-2', 'step-a b.c')).toBeUndefined();
    });

    it('lets one of many win', async () => {
      const { journal } = target.storage;
      const puts = await Promise.all(
        [1, 2, 3, 4, 5].map((value) => journal.put('kind.id.3-1', 'claim-1', value)),
      );
      expect(puts.filter((put) => put.stored).length).toBe(1);
      expect(new Set(puts.map((put) => put.value)).size).toBe(1);
    });
  });
}
