/** What every `InboxReader` and `CommandSender` does. */
import { describe, expect, it, beforeAll } from 'vitest';
import { partitionOf } from '../../contract/subjects.ts';
import {
  collectInbox,
  describeInboxMessage,
  eventually,
  type StorageUnderTest,
} from './storage-under-test.ts';

export function describeInbox(open: () => Promise<StorageUnderTest>): void {
  describe('the inbox', () => {
    let target: StorageUnderTest;
    beforeAll(async () => {
      target = await open();
    });
    const addressIn = (partition: number, name: string) => {
      for (let index = 0; ; index += 1) {
        const address = { kind: 'test', id: `${name}-${index}` };
        if (partitionOf(address, target.partitionCount) === partition) return address;
      }
    };
    const send = async (partition: number, ids: readonly string[]): Promise<readonly number[]> => {
      const seqs: number[] = [];
      for (const id of ids) {
        seqs.push(
          (await target.commands.deliver(addressIn(partition, 'inbox'), { type: 'go' }, id)).seq,
        );
      }
      return seqs;
    };

    it('gives a partition its commands in order, those that lie there and those that come', async () => {
      const seqs = await send(0, ['a1', 'a2']);
      const { messages, stop } = collectInbox(target, 0, 0);
      await eventually(() => {
        expect(messages.map(describeInboxMessage)).toEqual(['a1', 'a2']);
      });
      await send(1, ['other']);
      await send(0, ['a3']);
      await eventually(() => {
        expect(messages.map(describeInboxMessage)).toEqual(['a1', 'a2', 'a3']);
      });
      expect(messages.slice(0, 2).map((message) => message.seq)).toEqual(seqs);
      expect(messages[0]?.address).toEqual(addressIn(0, 'inbox'));
      await stop();
      await send(0, ['a4']);
      expect(messages.length).toBe(3);
    });

    it('goes on behind a position', async () => {
      const [first = 0] = await send(0, ['b1', 'b2', 'b3']);
      const { messages, stop } = collectInbox(target, 0, first);
      await eventually(() => {
        expect(messages.map(describeInboxMessage)).toEqual(['b2', 'b3']);
      });
      await stop();
    });

    it('forgets what it is told to, of that partition', async () => {
      const [, second = 0] = await send(0, ['c1', 'c2', 'c3']);
      await send(1, ['kept']);
      await target.storage.inbox.trim(0, second);
      const trimmed = collectInbox(target, 0, 0);
      const other = collectInbox(target, 1, 0);
      await eventually(() => {
        expect(trimmed.messages.map(describeInboxMessage)).toEqual(['c3']);
        expect(other.messages.map(describeInboxMessage)).toEqual(['other', 'kept']);
      });
      await Promise.all([trimmed.stop(), other.stop()]);
    });

    it('takes a command once, however often it is sent, and says so', async () => {
      const address = addressIn(0, 'once');
      const first = await target.commands.start(address, { a: 1 }, 'once');
      expect(first).toMatchObject({ commandId: 'once', duplicate: false });
      expect(first.seq).toBeGreaterThan(0);
      expect(await target.commands.start(address, { a: 1 }, 'once')).toEqual({
        ...first,
        duplicate: true,
      });
      const elsewhere = await target.commands.start(addressIn(1, 'twice'), null, 'once');
      expect(elsewhere.duplicate).toBe(false);
    });

    it('stops reading at once when nothing comes', async () => {
      const { messages, stop } = collectInbox(target, 0, Number.MAX_SAFE_INTEGER - 1);
      await stop();
      expect(messages).toEqual([]);
    });
  });
}
