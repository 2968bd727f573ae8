/** What every `QuarantineStore` does. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { CommandEnvelope } from '../../contract/command.ts';
import { partitionOf } from '../../contract/subjects.ts';
import type { StorageUnderTest } from './storage-under-test.ts';

const at = '2026-01-01T00:00:00.000Z';
const command = (id: string): CommandEnvelope => ({
  v: 1,
  purpose: 'deliver',
  id,
  at,
  body: { type: 'go', text: `of ${id}` },
});

export function describeQuarantine(open: () => Promise<StorageUnderTest>): void {
  describe('the quarantine', () => {
    let target: StorageUnderTest;
    beforeAll(async () => {
      target = await open();
    });
    const listIn = async (address: { kind: string; id: string }): Promise<readonly unknown[]> => {
      const partition = partitionOf(address, target.partitionCount);
      const listed = await target.storage.quarantine.list(partition);
      return listed.filter((actor) => actor.address.id === address.id);
    };

    it('knows who stands still and why, until they leave', async () => {
      const { quarantine } = target.storage;
      const actor = { address: { kind: 'test', id: 'known::child' }, reason: 'why', since: at };
      await quarantine.enter(actor);
      await quarantine.enter({ ...actor, reason: 'why else' });
      expect(await listIn(actor.address)).toEqual([{ ...actor, reason: 'why else' }]);
      const elsewhere = (partitionOf(actor.address, target.partitionCount) + 1) % 2;
      expect(await quarantine.list(elsewhere)).not.toContainEqual(
        expect.objectContaining({ address: actor.address }),
      );
      await quarantine.leave(actor.address);
      expect(await listIn(actor.address)).toEqual([]);
    });

    it('holds every command once, and gives them back in order, page by page', async () => {
      const { quarantine } = target.storage;
      const address = { kind: 'test', id: 'holds' };
      for (const seq of [3, 5, 3, 8, 9])
        await quarantine.hold(address, { seq, command: command(`c${seq}`) });
      await quarantine.hold({ kind: 'test', id: 'other' }, { seq: 4, command: command('other') });
      const first = await quarantine.readHeld(address, 0, 3);
      expect(first.map(({ seq, command: held }) => [seq, held])).toEqual(
        [3, 5, 8].map((seq) => [seq, command(`c${seq}`)]),
      );
      const place = first.at(-1)?.place ?? 0;
      const second = await quarantine.readHeld(address, place, 3);
      expect(second.map(({ seq }) => seq)).toEqual([9]);
      await quarantine.leave(address);
      expect(await quarantine.readHeld(address, 0, 3)).toEqual([]);
      expect(await quarantine.readHeld({ kind: 'test', id: 'other' }, 0, 3)).toHaveLength(1);
    });
  });
}
