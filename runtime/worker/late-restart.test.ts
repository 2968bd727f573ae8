/** A worker that is replaced when the store has forgotten every message id: a repeated relay must leave no trace even then. */
import { expect, it, vi } from 'vitest';
import { createRegistry } from '../core/registry.ts';
import {
  describeScenarioEvents,
  scenarioActors,
  scenarioCommits,
  scenarioEvents,
  scenarioPools,
  startScenario,
} from '../testing/crash-scenario.ts';
import { createMemoryStorage } from '../testing/memory-storage.ts';
import { createSeverableProcess } from '../testing/severed-storage.ts';
import { silentLog } from './log.ts';
import { systemClock } from './system-clock.ts';
import { createWorker } from './worker.ts';

const partitionCount = 2;
const deaths = Array.from({ length: scenarioCommits }, (_, index) => index + 1);

it.concurrent.each(deaths)('a death at commit %i leaves no event twice', async (death) => {
  const memory = createMemoryStorage({
    clock: systemClock,
    partitionCount,
    ackWaitMs: 60,
    duplicateWindowMs: 0,
  });
  let commits = 0;
  const start = (dieAt: number) => {
    const process = createSeverableProcess(memory, systemClock);
    return createWorker({
      namespace: 'test',
      partitionCount,
      workerId: 'stable',
      registry: createRegistry(scenarioActors),
      storage: process.storage,
      clock: process.clock,
      log: silentLog,
      concurrency: scenarioPools,
      observer: {
        committed: () => {
          commits += 1;
          if (commits === dieAt) process.sever(1);
        },
      },
    });
  };
  await start(death).start();
  await startScenario(memory.commands);
  await vi.waitFor(() => {
    expect(commits).toBe(death);
  });
  const next = start(Infinity);
  await next.start();
  await vi.waitFor(
    () => {
      expect(describeScenarioEvents(memory.listEvents())).toEqual(scenarioEvents);
    },
    { timeout: 5_000, interval: 10 },
  );
  await next.stop();
  expect(describeScenarioEvents(memory.listEvents())).toEqual(scenarioEvents);
});
