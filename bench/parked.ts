/**
 * A great many parked actors: what each takes on the disk and in the server's memory, what the worker has left of
 * them, and what it costs to wake one.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createCommitWatch } from './commit-watch.ts';
import type { Environment } from './environment.ts';
import { toFigures, type Figure, type Round } from './figure.ts';
import { attachFleet, startFleet, type LedgerFleet } from './ledger-fleet.ts';
import type { Scale } from './scale.ts';
import { readProcessRss } from './server-memory.ts';
import { percentile } from './statistics.ts';

/** Actors that are woken, spread evenly over all. */
const sampleSize = 1_000;
const fleetName = 'parked-many';

export async function measureParked(
  environment: Environment,
  scale: Scale,
): Promise<readonly Figure[]> {
  const { storage, server, dataDir } = environment;
  const actors = scale.parkedMany;
  const row = { benchmark: 'parked', syncMode: server.syncMode, actors };
  const before = await measureServer(server.pid, dataDir);
  const startedAt = performance.now();
  const watch = createCommitWatch();
  const worker = await environment.startWorker(watch);
  await startFleet(fleetName, actors, storage.commands, watch);
  const startSeconds = (performance.now() - startedAt) / 1_000;
  await worker.saveCheckpoints();
  const after = await measureServer(server.pid, dataDir);
  const left = worker.hosted;
  await worker.stop();

  const waking = await environment.startWorker(watch);
  const fleet = attachFleet(fleetName, storage.commands, watch);
  const elapsedMs = await wakeSample(fleet, actors);
  const workerRss = process.memoryUsage().rss;
  await waking.stop();
  return [
    ...toFigures({ ...row, subject: 'starting them' }, [{ 'per second': actors / startSeconds }]),
    ...toFigures({ ...row, subject: 'disk' }, [
      perActor(before.diskBytes, after.diskBytes, actors),
    ]),
    ...toFigures({ ...row, subject: 'server memory' }, [
      perActor(before.rssBytes, after.rssBytes, actors),
    ]),
    ...toFigures({ ...row, subject: 'worker' }, [
      { 'actors in memory': left, 'RSS MB': workerRss / 2 ** 20 },
    ]),
    ...toFigures({ ...row, subject: 'first command' }, [
      { 'p50 ms': percentile(elapsedMs, 0.5), 'p99 ms': percentile(elapsedMs, 0.99) },
    ]),
  ];
}

function perActor(before: number, after: number, actors: number): Round {
  return { MB: after / 2 ** 20, 'bytes each': (after - before) / actors };
}

async function wakeSample(fleet: LedgerFleet, actors: number): Promise<readonly number[]> {
  const elapsedMs: number[] = [];
  const stride = Math.max(1, Math.floor(actors / sampleSize));
  for (let actor = 0; actor < actors; actor += stride) {
    const startedAt = performance.now();
    await fleet.post(actor);
    elapsedMs.push(performance.now() - startedAt);
  }
  return elapsedMs;
}

interface ServerSize {
  readonly diskBytes: number;
  readonly rssBytes: number;
}

async function measureServer(pid: number, dataDir: string): Promise<ServerSize> {
  return { diskBytes: await folderBytes(dataDir), rssBytes: await readProcessRss(pid) };
}

/** What the files take on the disk. One that goes away meanwhile takes nothing. */
async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const facts = await stat(join(entry.parentPath, entry.name)).catch(() => undefined);
        return (facts?.blocks ?? 0) * bytesPerBlock;
      }),
  );
  return sizes.reduce((total, size) => total + size, 0);
}

/** Of `stat`, whatever the file system's own blocks are. */
const bytesPerBlock = 512;
