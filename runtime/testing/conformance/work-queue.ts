/** What every `WorkQueue` and `Cancellations` does. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { WorkDelivery } from '../../core/storage.ts';
import { eventually, type StorageUnderTest } from './storage-under-test.ts';

const actor = { kind: 'test', id: 'a' };

export function describeWorkQueue(open: () => Promise<StorageUnderTest>): void {
  describe('the work queue', () => {
    let target: StorageUnderTest;
    const never = new AbortController();
    beforeAll(async () => {
      target = await open();
    });
    const put = (pool: string, name: string): Promise<void> =>
      target.storage.relay.publish([
        {
          type: 'work',
          messageId: `${pool}-${name}`,
          pool,
          work: { effectId: `test.a.${name}`, actor, source: 's', input: { name } },
        },
      ]);
    const take = async (pool: string): Promise<WorkDelivery> => {
      const delivery = await target.storage.work.take(pool, never.signal);
      if (delivery === undefined) throw new Error('nothing was taken');
      return delivery;
    };

    it('gives each item to one worker, by pool', async () => {
      await put('one', '1');
      await put('one', '2');
      await put('two', '3');
      const taken = await Promise.all([take('one'), take('one'), take('two')]);
      expect(taken.map(({ work }) => work.effectId).sort()).toEqual([
        'test.a.1',
        'test.a.2',
        'test.a.3',
      ]);
      expect(taken[2]?.work).toEqual({
        effectId: 'test.a.3',
        actor,
        source: 's',
        input: { name: '3' },
      });
      await Promise.all(taken.map((delivery) => delivery.finish()));
    });

    it('gives an item to someone who waits', async () => {
      const waiting = take('later');
      await put('later', '1');
      const delivery = await waiting;
      expect(delivery.work.effectId).toBe('test.a.1');
      await delivery.finish();
    });

    it('gives nothing when the worker stops', async () => {
      const stopping = new AbortController();
      const waiting = target.storage.work.take('empty', stopping.signal);
      stopping.abort();
      expect(await waiting).toBeUndefined();
      expect(await target.storage.work.take('empty', AbortSignal.abort())).toBeUndefined();
    });

    it('gives an item that was released to the next', async () => {
      await put('released', '1');
      (await take('released')).release();
      const again = await take('released');
      expect(again.work.effectId).toBe('test.a.1');
      await again.finish();
    });

    it('gives an item again whose worker is silent, and not while it beats', async () => {
      await put('silent', '1');
      const silent = await take('silent');
      await put('beating', '1');
      const beating = await take('beating');
      const beat = setInterval(() => {
        beating.heartbeat();
      }, target.storage.work.heartbeatMs / 2);
      const stopping = new AbortController();
      const stolen = target.storage.work.take('beating', stopping.signal);
      const again = await take('silent');
      expect(again.work).toEqual(silent.work);
      await again.finish();
      await beating.finish();
      clearInterval(beat);
      stopping.abort();
      expect(await stolen).toBeUndefined();
    });

    it('keeps an item once that is put twice', async () => {
      await put('twice', '1');
      await put('twice', '1');
      await put('twice', '2');
      const taken = [await take('twice'), await take('twice')];
      expect(taken.map(({ work }) => work.effectId).sort()).toEqual(['test.a.1', 'test.a.2']);
      await Promise.all(taken.map((delivery) => delivery.finish()));
    });
  });

  describe('a cancellation', () => {
    it('is announced to the pool and kept in the journal', async () => {
      const { storage } = await open();
      const heard: string[] = [];
      const unlisten = storage.cancellations.listen('pool', (effectId) => heard.push(effectId));
      const cancel = (pool: string, effectId: string): Promise<void> =>
        storage.relay.publish([
          { type: 'cancelWork', messageId: `${pool}-${effectId}`, pool, effectId },
        ]);
      await cancel('elsewhere', 'test.b.1-1');
      await cancel('pool', 'test.b.1-2');
      await cancel('pool', 'test.b.1-2');
      await eventually(() => {
        expect(new Set(heard)).toEqual(new Set(['test.b.1-2']));
      });
      expect(await storage.journal.get('test.b.1-2', 'cancel')).toBe(true);
      unlisten();
    });
  });
}
