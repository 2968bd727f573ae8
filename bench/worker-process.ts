/** A worker in a process of its own: told over IPC where the server is, asked how far it is, ended by being let go. */
import { openConnection } from '../runtime/nats/connection.ts';
import { openStorage } from '../runtime/nats/open-storage.ts';
import { silentLog } from '../runtime/worker/log.ts';
import { systemClock } from '../runtime/worker/system-clock.ts';
import { createWorker } from '../runtime/worker/worker.ts';
import { concurrency, createBenchRegistry } from './registry.ts';
import type { WorkerFacts, WorkerQuestion, WorkerSettings } from './worker-messages.ts';

process.once('message', (settings: WorkerSettings) => {
  void serve(settings);
});

async function serve(settings: WorkerSettings): Promise<void> {
  const { url, user, password, namespace, partitionCount, workerId } = settings;
  const space = { namespace, partitionCount };
  const connection = await openConnection({ url, user, password, name: workerId });
  const storage = await openStorage({ connection, space, replicas: 1, log: silentLog });
  let commits = 0;
  const worker = createWorker({
    ...space,
    workerId,
    storage,
    registry: createBenchRegistry(),
    clock: systemClock,
    log: silentLog,
    concurrency,
    observer: {
      committed: () => {
        commits += 1;
      },
    },
  });
  process.once('disconnect', () => {
    void worker.stop().then(() => connection.close());
  });
  await worker.start();
  process.on('message', (question: WorkerQuestion) => {
    if (question === 'factsAfterCollection') globalThis.gc?.();
    const { heapUsed, rss } = process.memoryUsage();
    const facts: WorkerFacts = {
      commits,
      hosted: worker.hosted,
      partitions: worker.status().partitions.length,
      heapBytes: heapUsed,
      rssBytes: rss,
    };
    process.send?.(facts);
  });
  process.send?.('ready');
}
