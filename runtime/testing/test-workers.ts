/** Workers on one storage in memory, for tests of what a worker does: started as needed, all stopped in the end. */
import type { ActorDefinition } from '../core/definition.ts';
import { createRegistry } from '../core/registry.ts';
import { silentLog } from '../worker/log.ts';
import { createWorker, type Worker, type WorkerOptions } from '../worker/worker.ts';
import { createManualClock, type ManualClock } from './manual-clock.ts';
import { createMemoryStorage, type MemoryStorage } from './memory-storage.ts';

export interface TestWorkers {
  readonly clock: ManualClock;
  readonly storage: MemoryStorage;
  /** With one partition, on the storage unless another is given. Takes over from a worker that was stopped. */
  start(actors: readonly ActorDefinition[], options?: Partial<WorkerOptions>): Promise<Worker>;
  /** The types of an actor's events, oldest first. */
  typesOf(actor: string): readonly string[];
  stop(): Promise<void>;
}

export function openTestWorkers(): TestWorkers {
  const clock = createManualClock();
  const storage = createMemoryStorage({ clock, partitionCount: 1 });
  const workers: Worker[] = [];
  return {
    clock,
    storage,
    start: async (actors, options = {}) => {
      const worker = createWorker({
        namespace: 'test',
        partitionCount: 1,
        workerId: 'test',
        registry: createRegistry(actors),
        storage,
        clock,
        log: silentLog,
        concurrency: {},
        ...options,
      });
      workers.push(worker);
      await worker.start();
      return worker;
    },
    typesOf: (actor) =>
      storage
        .listEvents()
        .filter((event) => event.actor === actor)
        .map(({ type }) => type),
    stop: async () => {
      await Promise.all(workers.map((worker) => worker.stop()));
    },
  };
}
