/** What every `WorkQueue` and `Cancellations` does. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Priority } from '../../core/lanes.ts';
import type { WorkDelivery } from '../../core/storage.ts';
import { eventually, type StorageUnderTest } from './storage-under-test.ts';

/** A run that has far more to do than its share. */
const floodSize = 5_000;

export function describeWorkQueue(open: () => Promise<StorageUnderTest>): void {
  describe('the work queue', () => {
    let target: StorageUnderTest;
    const never = new AbortController();
    beforeAll(async () => {
      target = await open();
    });
    const putAll = (
      pool: string,
      names: readonly string[],
      { run = 'a', priority = 'normal' }: { run?: string; priority?: Priority } = {},
    ): Promise<void> =>
      target.storage.relay.publish(
        names.map((name) => ({
          type: 'work' as const,
          messageId: `${pool}-${run}-${name}`,
          pool,
          priority,
          work: {
            effectId: `test.${run}.${name}`,
            actor: { kind: 'test', id: run },
            version: 1,
            source: 's',
            input: { name },
          },
        })),
      );
    const put = (pool: string, name: string): Promise<void> => putAll(pool, [name]);
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
        actor: { kind: 'test', id: 'a' },
        version: 1,
        source: 's',
        input: { name: '3' },
      });
      for (const delivery of taken) delivery.finish();
    });

    it('gives an item to someone who waits', async () => {
      const waiting = take('later');
      await put('later', '1');
      const delivery = await waiting;
      expect(delivery.work.effectId).toBe('test.a.1');
      delivery.finish();
    });

    it('gives nothing when the worker stops', async () => {
      const stopping = new AbortController();
      const waiting = target.storage.work.take('empty', stopping.signal);
      stopping.abort();
      expect(await waiting).toBeUndefined();
      expect(await target.storage.work.take('empty', AbortSignal.abort())).toBeUndefined();
    });

    it('gives an item that was released to the next, and says so', async () => {
      await put('released', '1');
      const first = await take('released');
      expect(first.deliveries).toBe(1);
      first.release();
      const again = await take('released');
      expect(again.work.effectId).toBe('test.a.1');
      expect([again.deliveries, again.position]).toEqual([2, first.position]);
      again.finish();
    });

    it('gives an item that came for someone who has left to the next', async () => {
      const leaving = new AbortController();
      const left = target.storage.work.take('left', leaving.signal);
      leaving.abort();
      await left;
      await put('left', '1');
      const delivery = await take('left');
      expect(delivery.work.effectId).toBe('test.a.1');
      delivery.finish();
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
      expect(again.deliveries).toBeGreaterThan(1);
      again.finish();
      beating.finish();
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
      for (const delivery of taken) delivery.finish();
    });

    it('says of an item that is put by a later owner that it may have been there before', async () => {
      const item = {
        type: 'work' as const,
        messageId: 'again-1',
        pool: 'again',
        priority: 'normal' as const,
        work: {
          effectId: 'test.a.1',
          actor: { kind: 'test', id: 'a' },
          version: 1,
          source: 's',
          input: null,
        },
      };
      await target.storage.relay.publishAgain([item]);
      const delivery = await take('again');
      expect(delivery.work).toEqual({ ...item.work, repeated: true });
      delivery.finish();
    });

    it('does not take an item again while it is there, however long ago it was put', async () => {
      // With other message ids: as when the queue has forgotten those of before.
      const putAgain = (messageId: string): Promise<void> =>
        target.storage.relay.publishAgain([
          {
            type: 'work',
            messageId,
            pool: 'once',
            priority: 'high',
            work: {
              effectId: 'test.a.1',
              actor: { kind: 'test', id: 'a' },
              version: 1,
              source: 's',
              input: null,
            },
          },
        ]);
      await put('once', '1');
      await putAgain('waiting');
      const first = await take('once');
      await putAgain('taken');
      await put('once', '2');
      const second = await take('once');
      expect([first.work.effectId, second.work.effectId]).toEqual(['test.a.1', 'test.a.2']);
      first.finish();
      second.finish();
      let tries = 0;
      await eventually(async () => {
        await putAgain(`finished-${(tries += 1)}`);
        const stopping = AbortSignal.timeout(100);
        const again = await target.storage.work.take('once', stopping);
        expect(again?.work).toMatchObject({ effectId: 'test.a.1', repeated: true });
        again?.finish();
      });
    });

    it('lets no run wait behind another that has thousands queued', async () => {
      const flood = Array.from({ length: floodSize }, (_, index) => String(index));
      await putAll('flooded', flood, { run: 'flood' });
      await putAll('flooded', ['1'], { run: 'other::child' });
      let before = 0;
      for (;;) {
        const delivery = await take('flooded');
        delivery.finish();
        if (delivery.work.actor.id !== 'flood') break;
        before += 1;
      }
      // Its share of a moment, and a turn now and then of the lane in which the rest waits.
      expect(before).toBeLessThan(floodSize / 50);
    });

    it('gives what is urgent first, and what is not sometime', async () => {
      for (const priority of ['low', 'normal', 'high'] as const) {
        for (const run of ['x', 'y', 'z'])
          await putAll('priorities', ['1', '2', '3', '4'], { run: `${priority}-${run}`, priority });
      }
      // Enough hands at once that every lane has something to offer.
      const first = await Promise.all(Array.from({ length: 6 }, () => take('priorities')));
      for (const delivery of first) delivery.finish();
      const order: string[] = [];
      for (let turn = 0; turn < 30; turn += 1) {
        const delivery = await take('priorities');
        delivery.finish();
        order.push(delivery.work.actor.id.split('-')[0] ?? '');
      }
      const last = (priority: string): number => order.lastIndexOf(priority);
      expect(last('high')).toBeLessThan(last('low'));
      expect(order.filter((priority) => priority === 'low').length).toBeGreaterThan(0);
    });
  });

  describe('a cancellation', () => {
    it('is announced to the pool, and a listener knows from where on it hears of all', async () => {
      const { storage } = await open();
      const heard: string[] = [];
      const put = (name: string): Promise<void> =>
        storage.relay.publish([
          {
            type: 'work',
            messageId: `pool-${name}`,
            pool: 'pool',
            priority: 'normal',
            work: {
              effectId: `test.c.${name}`,
              actor: { kind: 'test', id: 'c' },
              version: 1,
              source: 's',
              input: null,
            },
          },
        ]);
      await put('1-1');
      const listening = storage.cancellations.listen('pool', (effectId) => heard.push(effectId));
      await eventually(() => {
        expect(listening.heardFrom).toBeDefined();
      });
      await put('1-2');
      const positions = new Map<string, number>();
      for (let item = 0; item < 2; item += 1) {
        const delivery = await storage.work.take('pool', new AbortController().signal);
        if (delivery === undefined) throw new Error('nothing was taken');
        positions.set(delivery.work.effectId, delivery.position);
        delivery.finish();
      }
      expect(positions.get('test.c.1-1')).toBeLessThanOrEqual(listening.heardFrom ?? -1);
      expect(positions.get('test.c.1-2')).toBeGreaterThan(listening.heardFrom ?? Infinity);
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
      listening.stop();
    });
  });

  describe('a shared record', () => {
    it('is changed by whoever has seen its last revision, and by nobody else', async () => {
      const { shared } = (await open()).storage;
      expect(await shared.read('bucket.a provider')).toBeUndefined();
      const first = await shared.write('bucket.a provider', { tokens: 1 }, 0);
      expect(first).toBeDefined();
      expect(await shared.write('bucket.a provider', { tokens: 9 }, 0)).toBeUndefined();
      const read = await shared.read('bucket.a provider');
      expect(read).toEqual({ value: { tokens: 1 }, revision: first });
      const races = await Promise.all(
        [2, 3, 4].map((tokens) => shared.write('bucket.a provider', { tokens }, first ?? 0)),
      );
      expect(races.filter((revision) => revision !== undefined).length).toBe(1);
    });
  });
}
