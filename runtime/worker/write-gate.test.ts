/** A held worker writes nothing of its actors, and goes on as if nothing had been. */
import { describe, expect, it } from 'vitest';
import { makeCommit } from '../testing/conformance/storage-under-test.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { createMemoryStorage } from '../testing/memory-storage.ts';
import { createWriteGate } from './write-gate.ts';

const address = { kind: 'test', id: 'a' };

function createFixture() {
  const clock = createManualClock();
  const memory = createMemoryStorage({ clock, partitionCount: 1 });
  const gate = createWriteGate(memory, clock);
  const stored = async (): Promise<number> => {
    const found = await memory.commits.load(address);
    return found?.status === 'stored' ? found.commit.n : 0;
  };
  return { clock, gate, stored, memory };
}

describe('the write gate', () => {
  it('lets what is under way end, and holds the rest until it is released', async () => {
    const { gate, stored } = createFixture();
    const first = gate.storage.commits.commit(address, makeCommit(1), 0);
    await gate.hold(1_000);
    expect(await stored()).toBe(1);
    const second = gate.storage.commits.commit(address, makeCommit(2), 1);
    await gate.hold(1_000);
    expect(await stored()).toBe(1);
    gate.release();
    expect(await Promise.all([first, second])).toMatchObject([
      { status: 'committed' },
      { status: 'committed' },
    ]);
    expect(await stored()).toBe(2);
  });

  it('opens by itself at the end of the last hold, and not of an earlier one', async () => {
    const { clock, gate, stored } = createFixture();
    await gate.hold(1_000);
    await clock.advanceBy(900);
    await gate.hold(1_000);
    const commit = gate.storage.commits.commit(address, makeCommit(1), 0);
    await clock.advanceBy(900);
    expect(await stored()).toBe(0);
    await clock.advanceBy(200);
    await commit;
    expect(await stored()).toBe(1);
  });

  it('holds checkpoints and trimming too, and nothing that is read or relayed', async () => {
    const { gate } = createFixture();
    const ended: string[] = [];
    await gate.hold(1_000);
    const held = [
      gate.storage.checkpoints.takeOver(0, 1).then(() => ended.push('checkpoint')),
      gate.storage.inbox.trim(0, 1).then(() => ended.push('trim')),
    ];
    await gate.storage.commits.load(address);
    await gate.storage.relay.publish([]);
    expect(ended).toEqual([]);
    gate.release();
    await Promise.all(held);
    expect(ended.toSorted()).toEqual(['checkpoint', 'trim']);
  });
});
