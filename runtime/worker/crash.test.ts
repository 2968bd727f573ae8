/** Workers that die at every commit, in memory: what happens must be what happens when nobody dies. */
import { describe, expect, it, vi } from 'vitest';
import { createRegistry } from '../core/registry.ts';
import {
  describeScenarioEvents,
  scenarioActors,
  scenarioCommits,
  scenarioEvents,
  scenarioPools,
  startScenario,
} from '../testing/crash-scenario.ts';
import { createMemoryStorage, type MemoryStorage } from '../testing/memory-storage.ts';
import { createSeverableProcess } from '../testing/severed-storage.ts';
import { silentLog } from './log.ts';
import { systemClock } from './system-clock.ts';
import { createWorker, type Worker } from './worker.ts';

const partitionCount = 2;

function open(): MemoryStorage {
  return createMemoryStorage({ clock: systemClock, partitionCount, ackWaitMs: 60 });
}

async function startWorker(
  storage: MemoryStorage,
  dieAt = Infinity,
  stillRelayed = 0,
  // Of the one that is replaced, so that nobody waits for the end of its lease.
  workerId = 'stable',
): Promise<{ readonly worker: Worker; readonly commits: () => number }> {
  const process = createSeverableProcess(storage, systemClock);
  let commits = 0;
  const worker = createWorker({
    namespace: 'test',
    partitionCount,
    workerId,
    registry: createRegistry(scenarioActors),
    storage: process.storage,
    clock: process.clock,
    log: silentLog,
    concurrency: scenarioPools,
    observer: {
      committed: () => {
        commits += 1;
        if (commits === dieAt) process.sever(stillRelayed);
      },
    },
  });
  await worker.start();
  return { worker, commits: () => commits };
}

async function waitForEnd(storage: MemoryStorage): Promise<void> {
  await vi.waitFor(
    () => {
      expect(describeScenarioEvents(storage.listEvents())).toEqual(scenarioEvents);
    },
    { timeout: 5_000, interval: 10 },
  );
}

const deaths = Array.from({ length: scenarioCommits }, (_, index) => index + 1);

describe.concurrent('a worker', () => {
  it('makes the scenario happen', async () => {
    const storage = open();
    const { worker, commits } = await startWorker(storage);
    await startScenario(storage.commands);
    await waitForEnd(storage);
    expect(commits()).toBe(scenarioCommits);
    await worker.stop();
  });

  it.each(
    deaths.flatMap(
      (death) =>
        [
          [death, 0],
          [death, 1],
        ] as const,
    ),
  )(
    'that dies at commit %i, %i messages relayed, is replaced without a trace',
    async (death, stillRelayed) => {
      const storage = open();
      const first = await startWorker(storage, death, stillRelayed);
      await startScenario(storage.commands);
      await vi.waitFor(() => {
        expect(first.commits()).toBe(death);
      });
      const { worker } = await startWorker(storage);
      await waitForEnd(storage);
      await worker.stop();
      const ids = storage.listEvents().map((event) => event.id);
      expect(new Set(ids).size).toBe(ids.length);
    },
  );

  it('is replaced every time when one after the other dies at its first commit', async () => {
    const storage = open();
    await startScenario(storage.commands);
    // Two actors may commit in the same instant, so that half the commits are the fewest deaths there can be.
    for (let round = 0; round < scenarioCommits / 2; round += 1) {
      const { commits } = await startWorker(storage, 1);
      await vi.waitFor(() => {
        expect(commits()).toBeGreaterThan(0);
      });
    }
    const { worker } = await startWorker(storage);
    await waitForEnd(storage);
    await worker.stop();
  });

  it('shares a storage with another without applying anything twice', async () => {
    const storage = open();
    const workers = await Promise.all([
      startWorker(storage, Infinity, 0, 'left'),
      startWorker(storage, Infinity, 0, 'right'),
    ]);
    await startScenario(storage.commands);
    await waitForEnd(storage);
    await Promise.all(workers.map(({ worker }) => worker.stop()));
    expect(describeScenarioEvents(storage.listEvents())).toEqual(scenarioEvents);
  });

  it('waits while the store is away and goes on when it is back', async () => {
    const storage = open();
    const { worker, commits } = await startWorker(storage);
    await startScenario(storage.commands);
    await vi.waitFor(() => {
      expect(commits()).toBeGreaterThan(2);
    });
    storage.disconnect();
    await expect(
      storage.commands.deliver({ kind: 'ledger', id: 'main' }, { type: 'record' }, 'x'),
    ).rejects.toThrow('the store is away');
    storage.reconnect();
    await waitForEnd(storage);
    await worker.stop();
  });
});
