/** The fake of the worker's ports keeps what the real one promises. */
import { systemClock } from '../worker/system-clock.ts';
import { describeCommitStore } from './conformance/commit-store.ts';
import { describeInbox } from './conformance/inbox.ts';
import { describeJournal } from './conformance/journal.ts';
import { describePlacement } from './conformance/placement.ts';
import { describeQuarantine } from './conformance/quarantine.ts';
import { describeRelayOutlet } from './conformance/relay-outlet.ts';
import type { StorageUnderTest } from './conformance/storage-under-test.ts';
import { describeTimerStore } from './conformance/timer-store.ts';
import { describeWorkQueue } from './conformance/work-queue.ts';
import { createMemoryStorage } from './memory-storage.ts';

async function open(): Promise<StorageUnderTest> {
  const partitionCount = 2;
  const storage = createMemoryStorage({
    clock: systemClock,
    partitionCount,
    ackWaitMs: 150,
    leaseTtlMs: 150,
  });
  return {
    storage,
    partitionCount,
    commands: storage.commands,
    listEvents: async () => storage.listEvents(),
  };
}

describeCommitStore(open);
describeJournal(open);
describePlacement(open);
describeInbox(open);
describeQuarantine(open);
describeWorkQueue(open);
describeRelayOutlet(open);
describeTimerStore(open);
