/** What the figures were measured on. */
import { open, rm } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { percentile } from './statistics.ts';

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly platform: string;
  readonly node: string;
  readonly nats: string;
  /** Of the last minute, when the benchmark started: what else was going on. */
  readonly load: number;
  /** Median time of an append of 2 KB with fsync where the server keeps its data. */
  readonly fsyncMs: number;
}

export async function describeMachine(nats: string): Promise<Machine> {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    nats,
    load: loadavg()[0] ?? 0,
    fsyncMs: await measureFsync(),
  };
}

const fsyncs = 200;

async function measureFsync(): Promise<number> {
  const path = join(tmpdir(), `signalbox-bench-fsync-${process.pid}`);
  const file = await open(path, 'w');
  try {
    const elapsedMs: number[] = [];
    for (let index = 0; index < fsyncs; index += 1) {
      const startedAt = performance.now();
      await file.write(Buffer.alloc(2_048));
      await file.sync();
      elapsedMs.push(performance.now() - startedAt);
    }
    return percentile(elapsedMs, 0.5);
  } finally {
    await file.close();
    await rm(path, { force: true });
  }
}
