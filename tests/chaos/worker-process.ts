/**
 * A worker in a process of its own: told over IPC where the servers are and how wrong its clock is. One that cannot
 * start ends with an error, and is started again, as by any supervisor.
 */
import { partitionOf } from '../../runtime/contract/subjects.ts';
import { createRegistry } from '../../runtime/core/registry.ts';
import type { Clock } from '../../runtime/core/storage.ts';
import { openConnection } from '../../runtime/nats/connection.ts';
import { openStorage } from '../../runtime/nats/open-storage.ts';
import type { WorkerLog } from '../../runtime/worker/log.ts';
import { systemClock } from '../../runtime/worker/system-clock.ts';
import { createWorker } from '../../runtime/worker/worker.ts';
import { chaosConcurrency, defineChaosActors, space } from './chaos-actors.ts';
import type { ClockShift, WorkerReport, WorkerSettings } from './worker-messages.ts';

let shiftMs = 0;

/** As a clock that is set anew: what waits already goes on waiting for as long as it was to. */
const shiftedClock: Clock = {
  nowMs: () => systemClock.nowMs() + shiftMs,
  schedule: (atMs, task) => systemClock.schedule(atMs - shiftMs, task),
};

function report(message: WorkerReport): void {
  if (process.connected) process.send?.(message);
}

const log: WorkerLog = {
  info: () => undefined,
  warn: (message, facts = {}) => {
    report({ type: 'warned', text: `${message} ${JSON.stringify(facts)}` });
  },
};

async function serve({ url, replicas, workerId, executionsFile }: WorkerSettings): Promise<void> {
  const connection = await openConnection({ url, name: workerId });
  const storage = await openStorage({ connection, space, replicas, log, keepStreams: true });
  const worker = createWorker({
    ...space,
    workerId,
    storage,
    registry: createRegistry(defineChaosActors(executionsFile, workerId)),
    clock: shiftedClock,
    log,
    concurrency: chaosConcurrency,
    observer: {
      committed: (address) => {
        report({ type: 'committed', partition: partitionOf(address, space.partitionCount) });
      },
      conflicted: () => {
        report({ type: 'conflicted' });
      },
    },
  });
  process.once('disconnect', () => {
    void worker.stop().then(() => connection.close());
  });
  process.on('message', (shift: ClockShift) => {
    ({ shiftMs } = shift);
  });
  await worker.start();
  report({ type: 'ready' });
}

process.once('message', (settings: WorkerSettings) => {
  void serve(settings);
});
