/** Workers that die at every commit, on a real server: what happens must be what happens when nobody dies. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { eventsOf } from '../core/event-source.ts';
import type { StoredEvent } from '../contract/event.ts';
import { createRegistry } from '../core/registry.ts';
import { openConnection, type Connection } from '../nats/connection.ts';
import { openStorage, type Storage } from '../nats/open-storage.ts';
import {
  describeScenarioEvents,
  scenarioActors,
  scenarioCommits,
  scenarioEvents,
  scenarioPools,
  startScenario,
} from '../testing/crash-scenario.ts';
import { startTestServer, type TestServer } from '../testing/real-server.ts';
import { createSeverableProcess } from '../testing/severed-storage.ts';
import { silentLog } from './log.ts';
import { systemClock } from './system-clock.ts';
import { createWorker, type Worker } from './worker.ts';

const partitionCount = 4;
let server: TestServer;
let connection: Connection;
const events: StoredEvent[] = [];
const workers: Worker[] = [];
const reading = new AbortController();
let readingEnded: Promise<void>;

beforeAll(async () => {
  server = await startTestServer();
  connection = await openConnection({ ...server.connection, name: 'crash test' });
  const storage = await open('reader');
  readingEnded = collectEvents(storage);
});
afterAll(async () => {
  reading.abort();
  await readingEnded;
  await Promise.all(workers.map((worker) => worker.stop()));
  await connection.close();
  await server.stop();
});

async function collectEvents(storage: Storage): Promise<void> {
  for await (const batch of storage.events.read(0, reading.signal)) {
    events.push(...eventsOf(batch));
  }
}

function open(namespace: string): Promise<Storage> {
  const space = { namespace, partitionCount };
  return openStorage({ connection, space, replicas: 1, log: silentLog });
}

async function startWorker(
  namespace: string,
  dieAt = Infinity,
  stillRelayed = 0,
  // Of the one that is replaced, so that nobody waits for the end of its lease.
  workerId = 'stable',
): Promise<{ readonly storage: Storage; readonly commits: () => number }> {
  const storage = await open(namespace);
  const process = createSeverableProcess(storage, systemClock);
  let commits = 0;
  const worker = createWorker({
    namespace,
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
  // One that has died cannot be stopped: it waits for answers that never come.
  if (dieAt === Infinity) workers.push(worker);
  return { storage, commits: () => commits };
}

function eventsIn(namespace: string): readonly StoredEvent[] {
  return events.filter((event) => event.namespace === namespace);
}

/** What has happened in the namespace, once it is what should have, or after 20 seconds. */
async function waitForEnd(namespace: string): Promise<readonly string[]> {
  await vi.waitFor(
    () => {
      expect(describeScenarioEvents(eventsIn(namespace))).toEqual(scenarioEvents);
    },
    { timeout: 20_000, interval: 50 },
  );
  return describeScenarioEvents(eventsIn(namespace));
}

async function dieAndBeReplaced(death: number, stillRelayed: number): Promise<readonly string[]> {
  const namespace = `death-${death}-${stillRelayed}`;
  const { storage, commits } = await startWorker(namespace, death, stillRelayed);
  await startScenario(storage.commands);
  await vi.waitFor(
    () => {
      expect(commits()).toBeGreaterThanOrEqual(death);
    },
    { timeout: 20_000, interval: 20 },
  );
  await startWorker(namespace);
  return waitForEnd(namespace);
}

describe('a worker on a real server', () => {
  it('makes the scenario happen', async () => {
    const { storage } = await startWorker('undisturbed');
    await startScenario(storage.commands);
    expect(await waitForEnd('undisturbed')).toEqual(scenarioEvents);
  });

  // Side by side, because after some deaths the queue waits for three seconds before it gives an effect away again.
  it.each([0, 1])(
    'that dies at any commit, %i messages relayed, is replaced without a trace',
    async (stillRelayed) => {
      const deaths = Array.from({ length: scenarioCommits }, (_, index) => index + 1);
      const endings = await Promise.all(
        deaths.map((death) => dieAndBeReplaced(death, stillRelayed)),
      );
      for (const ending of endings) expect(ending).toEqual(scenarioEvents);
    },
  );

  it('shares its partitions with another without applying anything twice', async () => {
    const [{ storage }] = await Promise.all([
      startWorker('shared', Infinity, 0, 'left'),
      startWorker('shared', Infinity, 0, 'right'),
    ]);
    await startScenario(storage.commands);
    expect(await waitForEnd('shared')).toEqual(scenarioEvents);
  });

  it('has said nothing twice in the end', () => {
    const ids = events.map((event) => `${event.namespace} ${event.id}`);
    expect(new Set(ids).size).toBe(ids.length);
    for (const namespace of new Set(events.map((event) => event.namespace))) {
      expect(describeScenarioEvents(eventsIn(namespace))).toEqual(scenarioEvents);
    }
  });
});
