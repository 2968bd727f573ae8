/** The queue of pool effects in memory: an item is offered again when its worker is silent for too long. */
import type { Clock, WorkDelivery, WorkItem, WorkQueue } from '../core/storage.ts';
import { createMemoryDuplicates } from './memory-commits.ts';

interface QueuedItem {
  readonly pool: string;
  readonly text: string;
  /** Not offered before. */
  hiddenUntilMs: number;
  /** Counts the deliveries: an answer to an earlier one is too late to hide the item. */
  delivery: number;
}

export interface MemoryWork {
  readonly queue: WorkQueue;
  append(pool: string, work: WorkItem, messageId: string): void;
  /** After an outage. */
  offerAll(): void;
}

export function createMemoryWork(options: {
  readonly clock: Clock;
  readonly available: () => Promise<void>;
  readonly isConnected: () => boolean;
  readonly ackWaitMs: number;
  readonly duplicateWindowMs: number;
}): MemoryWork {
  const { clock, available, isConnected, ackWaitMs } = options;
  const ids = createMemoryDuplicates(clock, options.duplicateWindowMs);
  const items = new Set<QueuedItem>();
  const takers = new Set<() => void>();

  const offerAll = (): void => {
    for (const taker of takers) queueMicrotask(taker);
  };
  const hide = (item: QueuedItem, durationMs: number): void => {
    item.hiddenUntilMs = clock.nowMs() + durationMs;
    clock.schedule(item.hiddenUntilMs, offerAll);
  };

  const takeNext = (pool: string): WorkDelivery | undefined => {
    if (!isConnected()) return undefined;
    const item = [...items].find(
      (queued) => queued.pool === pool && queued.hiddenUntilMs <= clock.nowMs(),
    );
    if (item === undefined) return undefined;
    item.delivery += 1;
    const { delivery } = item;
    hide(item, ackWaitMs);
    const isCurrent = (): boolean => isConnected() && items.has(item) && item.delivery === delivery;
    return {
      work: JSON.parse(item.text) as WorkItem,
      heartbeat: () => {
        if (isCurrent()) hide(item, ackWaitMs);
      },
      finish: async () => {
        await available();
        items.delete(item);
      },
      release: () => {
        if (isCurrent()) hide(item, 0);
      },
    };
  };

  return {
    offerAll,
    append: (pool, work, messageId) => {
      ids.once(messageId, () => {
        items.add({ pool, text: JSON.stringify(work), hiddenUntilMs: 0, delivery: 0 });
        offerAll();
      });
    },
    queue: {
      heartbeatMs: ackWaitMs / 3,
      take: (pool, signal) =>
        new Promise((resolve) => {
          const end = (delivery: WorkDelivery | undefined): void => {
            takers.delete(tryTake);
            signal.removeEventListener('abort', giveUp);
            resolve(delivery);
          };
          const giveUp = (): void => {
            end(undefined);
          };
          const tryTake = (): void => {
            if (!takers.has(tryTake)) return;
            const delivery = takeNext(pool);
            if (delivery !== undefined) end(delivery);
          };
          if (signal.aborted) {
            resolve(undefined);
            return;
          }
          takers.add(tryTake);
          signal.addEventListener('abort', giveUp);
          queueMicrotask(tryTake);
        }),
    },
  };
}
