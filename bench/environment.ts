/** What a benchmark runs on: a nats-server of its own in a temporary folder, storage, and workers. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SubjectSpace } from '../runtime/contract/subjects.ts';
import { defaultPartitionCount } from '../runtime/contract/subjects.ts';
import { openConnection } from '../runtime/nats/connection.ts';
import {
  startEmbeddedServer,
  type EmbeddedServer,
} from '../runtime/nats/embedded/embedded-server.ts';
import type { SyncMode } from '../runtime/nats/embedded/server-environment.ts';
import { openStorage, type Storage } from '../runtime/nats/open-storage.ts';
import { findTestServerBinary } from '../runtime/testing/real-server.ts';
import { repositoryRoot } from '../runtime/testing/repository-root.ts';
import type { WorkerLog } from '../runtime/worker/log.ts';
import { systemClock } from '../runtime/worker/system-clock.ts';
import { createWorker, type Worker } from '../runtime/worker/worker.ts';
import type { WorkerObserver } from '../runtime/worker/worker-observer.ts';
import { concurrency, createBenchRegistry } from './registry.ts';

export interface Environment {
  readonly server: Pick<EmbeddedServer, 'version' | 'syncMode' | 'connection' | 'pid'>;
  /** Where the server keeps its data. */
  readonly dataDir: string;
  readonly space: SubjectSpace;
  readonly storage: Storage;
  /** Starts a worker in this process; the one before must have been stopped. Its id is `bench` unless another is given. */
  startWorker(observer: WorkerObserver, workerId?: string): Promise<Worker>;
  stop(): Promise<void>;
}

/** Whatever a worker warns of would spoil the figures: it is shown. */
const log: WorkerLog = {
  info: () => undefined,
  warn: (message, facts) => {
    console.error(`worker: ${message}`, facts ?? {});
  },
};

export async function openEnvironment(syncMode: SyncMode): Promise<Environment> {
  /** What has to be undone, the last first: also when opening fails half-way. */
  const undo: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (let task = undo.pop(); task !== undefined; task = undo.pop()) await task();
  };
  try {
    return { ...(await openParts(syncMode, undo)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function openParts(
  syncMode: SyncMode,
  undo: (() => Promise<void>)[],
): Promise<Omit<Environment, 'stop'>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'signalbox-bench-'));
  undo.push(() => rm(dataDir, { recursive: true, force: true }));
  const server = await startEmbeddedServer({
    binary: await findTestServerBinary(),
    configFile: join(repositoryRoot, 'nats.conf'),
    dataDir,
    allowedOrigins: [],
    syncMode,
    log: () => undefined,
    onFailure: (error) => {
      throw error;
    },
  });
  undo.push(() => server.stop());
  const space = { namespace: 'bench', partitionCount: defaultPartitionCount };
  const { url, user, password } = server.connection;
  const connection = await openConnection({ url, user, password, name: 'signalbox bench' });
  undo.push(() => connection.close());
  const storage = await openStorage({ connection, space, replicas: 1, log });
  const startWorker = async (observer: WorkerObserver, workerId = 'bench'): Promise<Worker> => {
    const worker = buildWorker(space, storage, workerId, observer);
    undo.push(() => worker.stop());
    await worker.start();
    return worker;
  };
  return { server, dataDir, space, storage, startWorker };
}

function buildWorker(
  space: SubjectSpace,
  storage: Storage,
  workerId: string,
  observer: WorkerObserver,
): Worker {
  return createWorker({
    ...space,
    workerId,
    storage,
    registry: createBenchRegistry(),
    clock: systemClock,
    log,
    concurrency,
    observer,
  });
}
