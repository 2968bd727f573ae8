/** What every `RelayOutlet` does: everything once, commands to one actor in order, timers at their time. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { EventMessage } from '../../contract/event.ts';
import { partitionOf } from '../../contract/subjects.ts';
import type { RelayMessage } from '../../core/storage.ts';
import {
  collectInbox,
  describeInboxMessage,
  eventually,
  type StorageUnderTest,
} from './storage-under-test.ts';

const at = '2026-01-01T00:00:00.000Z';

/** `restart` kills the store and starts it again on the same data; absent where there is nothing to kill. */
export function describeRelayOutlet(
  open: () => Promise<StorageUnderTest>,
  restart?: () => Promise<void>,
): void {
  describe('the relay', () => {
    let target: StorageUnderTest;
    beforeAll(async () => {
      target = await open();
    });
    const publish = (...messages: readonly RelayMessage[]): Promise<void> =>
      target.storage.relay.publish(messages);
    const events = (n: number): RelayMessage => {
      const id = `test.a:${n}`;
      const message: EventMessage = {
        v: 1,
        id,
        namespace: 'conformance',
        kind: 'test',
        actor: 'a',
        at,
        n,
        state: 's',
        status: 'active',
        cause: 'c',
        events: [
          { i: 0, type: 'happened', data: { n } },
          { i: 2, type: 'happenedToo', data: { n } },
        ],
      };
      return { type: 'events', messageId: id, events: message };
    };
    const command = (name: string, i: number): RelayMessage => ({
      type: 'command',
      messageId: `test.${name}:1:${i}`,
      to: { kind: 'test', id: name },
      command: { v: 1, purpose: 'deliver', id: `${name}-${i}`, at, body: { type: 'go' } },
    });
    const timer = (name: string, atMs: number, generation = 1): RelayMessage => ({
      type: 'timer',
      messageId: `test.${name}:1:${generation}`,
      owner: { kind: 'test', id: name },
      timerId: 'xstate.after.50.(machine).idle',
      atMs,
      command: {
        v: 1,
        purpose: 'timerFired',
        id: `${name}-${generation}`,
        at,
        timerId: 't',
        generation,
      },
    });
    const read = (name: string) =>
      collectInbox(target, partitionOf({ kind: 'test', id: name }, target.partitionCount), 0);
    const idsTo = (name: string, reading: ReturnType<typeof read>): readonly string[] =>
      reading.messages.filter((message) => message.address.id === name).map(describeInboxMessage);

    it('stores everything once, however often it is asked to', async () => {
      const messages = [events(1), events(2), command('repeated', 2), events(3)];
      await publish(...messages);
      await publish(...messages);
      await publish(...messages.slice(1));
      const reading = read('repeated');
      await eventually(async () => {
        expect((await target.listEvents()).map(({ id }) => id).toSorted()).toEqual(
          [1, 2, 3].flatMap((n) => [`test.a:${n}:0`, `test.a:${n}:2`]),
        );
        expect(idsTo('repeated', reading)).toEqual(['repeated-2']);
      });
      await reading.stop();
    });

    it('leaves out events that are stored when it repeats what a worker long gone may have relayed', async () => {
      const known = events(5);
      // What is stored under another message id is like what is stored under one that the store has forgotten.
      await publish({ ...known, messageId: 'forgotten' });
      await target.storage.relay.publishAgain([known, events(6), command('late', 7)]);
      const reading = read('late');
      await eventually(async () => {
        expect(idsTo('late', reading)).toEqual(['late-7']);
      });
      const stored = (await target.listEvents()).map(({ n }) => n);
      expect(stored.filter((n) => n >= 5).toSorted((a, b) => a - b)).toEqual([5, 5, 6, 6]);
      await reading.stop();
    });

    it('keeps the order of the commands to one actor', async () => {
      const count = 40;
      await publish(
        ...Array.from({ length: count }, (_, i) => [
          command('left', i),
          command('right', i),
        ]).flat(),
      );
      const readings = { left: read('left'), right: read('right') };
      await eventually(() => {
        for (const name of ['left', 'right'] as const) {
          expect(idsTo(name, readings[name])).toEqual(
            Array.from({ length: count }, (_, i) => `${name}-${i}`),
          );
        }
      });
      await Promise.all([readings.left.stop(), readings.right.stop()]);
    });

    it('delivers a timer at about its time, not before, and once', async () => {
      const reading = read('timed');
      const dueMs = Date.now() + 700;
      const message = timer('timed', dueMs);
      await publish(message);
      await publish(message);
      await eventually(() => {
        expect(idsTo('timed', reading)).toEqual(['timed-1']);
      });
      expect(Date.now()).toBeGreaterThanOrEqual(dueMs - 5);
      expect(Date.now()).toBeLessThan(dueMs + 2_500);
      await reading.stop();
    });

    it('delivers a timer that is past due at once', async () => {
      const reading = read('past');
      await publish(timer('past', Date.now() - 60_000));
      await eventually(() => {
        expect(idsTo('past', reading)).toEqual(['past-1']);
      });
      await reading.stop();
    });

    if (restart === undefined) return;
    it('delivers timers of a store that was killed in between', async () => {
      await publish(timer('survivor', Date.now() + 1_000), timer('overdue', Date.now() + 50));
      await restart();
      const readings = { survivor: read('survivor'), overdue: read('overdue') };
      await eventually(() => {
        expect(idsTo('survivor', readings.survivor)).toEqual(['survivor-1']);
        expect(idsTo('overdue', readings.overdue)).toEqual(['overdue-1']);
      });
      await Promise.all([readings.survivor.stop(), readings.overdue.stop()]);
    });
  });
}
