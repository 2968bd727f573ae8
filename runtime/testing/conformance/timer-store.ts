/** What every `TimerStore` does. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { ActorAddress } from '../../contract/address.ts';
import { encodeToken, partitionOf } from '../../contract/subjects.ts';
import type { RelayMessage } from '../../core/storage.ts';
import { timerKey } from '../../core/timer-store.ts';
import { eventually, makeCommit, type StorageUnderTest } from './storage-under-test.ts';

/** More than are read at once. */
const crowd = 2_100;
const hour = 3_600_000;

/** `restart`: kills the store and waits until it is back. */
export function describeTimerStore(
  open: () => Promise<StorageUnderTest>,
  restart?: () => Promise<void>,
): void {
  describe('the stored timers', () => {
    let target: StorageUnderTest;
    beforeAll(async () => {
      target = await open();
    });
    const timers = () => target.storage.timers;
    const addressOf = (id: string): ActorAddress => ({ kind: 'sleeper', id });
    const partitionFor = (id: string): number => partitionOf(addressOf(id), target.partitionCount);
    const timerId = 'xstate.after.50.(machine).idle';
    const message = (id: string, atMs: number, generation = 1): RelayMessage => ({
      type: 'timer',
      messageId: `sleeper.${id}:1:${generation}`,
      owner: addressOf(id),
      timerId,
      atMs,
      command: {
        v: 1,
        purpose: 'timerFired',
        id: `${id}-${generation}`,
        at: new Date(atMs).toISOString(),
        timerId,
        generation,
      },
    });
    const isListed = async (id: string): Promise<boolean> =>
      (await timers().listStored(partitionFor(id))).has(
        timerKey(addressOf(id), encodeToken(timerId)),
      );

    it('are found with the time at which they come due', async () => {
      const atMs = Date.now() + hour;
      expect(await timers().find(addressOf('found'), timerId)).toBeUndefined();
      expect(await isListed('found')).toBe(false);
      await target.storage.relay.publish([message('found', atMs)]);
      expect(await timers().find(addressOf('found'), timerId)).toBe(atMs);
      expect(await timers().find(addressOf('found'), 'another')).toBeUndefined();
      expect(await isListed('found')).toBe(true);
    });

    it('are one for each name: a later one takes the place of the earlier', async () => {
      const atMs = Date.now() + hour;
      await target.storage.relay.publish([message('moved', atMs)]);
      await target.storage.relay.publish([message('moved', atMs + hour, 2)]);
      expect(await timers().find(addressOf('moved'), timerId)).toBe(atMs + hour);
    });

    it('are stored no more when they have come due', async () => {
      await target.storage.relay.publish([message('fired', Date.now() + 300)]);
      expect(await isListed('fired')).toBe(true);
      await eventually(async () => {
        expect(await timers().find(addressOf('fired'), timerId)).toBeUndefined();
        expect(await isListed('fired')).toBe(false);
      });
    });

    it('are named by the last commits of their actors', async () => {
      const store = target.storage.commits;
      const set = { generation: 1, atMs: 5, event: { type: 'ring' } };
      const first = await store.commit(
        addressOf('owner'),
        makeCommit(1, { timers: { bell: set, [timerId]: set } }),
        0,
      );
      await store.commit(addressOf('nobody'), makeCommit(1), 0);
      const many = Object.fromEntries(
        Array.from({ length: 100 }, (_, index) => [`a-timer-of-many-${index}`, set]),
      );
      await store.commit(addressOf('rich'), makeCommit(1, { timers: many }), 0);
      const listed = async (id: string): Promise<string | undefined> => {
        const owners = await timers().listOwners(partitionFor(id));
        return owners.find(({ address }) => address.id === id)?.tokens;
      };
      expect(await listed('owner')).toBe(`bell,${encodeToken(timerId)}`);
      expect(await listed('nobody')).toBeUndefined();
      expect(await listed('rich')).toBe('*');
      if (first.status !== 'committed') throw new Error('the commit was refused');
      await store.commit(addressOf('owner'), makeCommit(2), first.seq);
      expect(await listed('owner')).toBeUndefined();
    });

    it('are listed of a crowd of actors', async () => {
      const names = Array.from({ length: crowd }, (_, index) => `crowd-${index}`);
      const timer = { generation: 1, atMs: 5, event: { type: 'ring' } };
      await Promise.all(
        names.map((id) =>
          target.storage.commits.commit(addressOf(id), makeCommit(1, { timers: { timer } }), 0),
        ),
      );
      const listed: string[] = [];
      for (let partition = 0; partition < target.partitionCount; partition += 1) {
        const owners = await timers().listOwners(partition);
        listed.push(...owners.map(({ address }) => address.id));
      }
      expect(listed.filter((id) => id.startsWith('crowd-')).toSorted()).toEqual(names.toSorted());
    });

    if (restart === undefined) return;
    it('are still there after the store was killed', async () => {
      const atMs = Date.now() + hour;
      await target.storage.relay.publish([message('kept', atMs)]);
      await restart();
      await eventually(async () => {
        expect(await timers().find(addressOf('kept'), timerId)).toBe(atMs);
        expect(await isListed('kept')).toBe(true);
      });
    });
  });
}
