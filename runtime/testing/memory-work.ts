/** The queue of pool effects in memory: an item is offered again when its worker is silent for too long. */
import { createLaneChooser, createLaneTurns, type Lane } from '../core/lanes.ts';
import type { Clock, RelayMessage, WorkDelivery, WorkItem, WorkQueue } from '../core/storage.ts';
import { createMemoryDuplicates } from './memory-commits.ts';

interface QueuedItem {
  readonly pool: string;
  readonly effectId: string;
  readonly lane: Lane;
  readonly position: number;
  readonly text: string;
  /** Not offered before. */
  hiddenUntilMs: number;
  /** Counts the deliveries: an answer to an earlier one is too late to hide the item. */
  delivery: number;
}

export interface MemoryWork {
  readonly queue: WorkQueue;
  append(message: Extract<RelayMessage, { type: 'work' }>): void;
  /** The last item ever put into the queue. */
  readonly lastPosition: number;
  /** After an outage. */
  offerAll(): void;
}

export function createMemoryWork(options: {
  readonly clock: Clock;
  readonly isConnected: () => boolean;
  readonly ackWaitMs: number;
  readonly duplicateWindowMs: number;
}): MemoryWork {
  const { clock, isConnected, ackWaitMs } = options;
  const ids = createMemoryDuplicates(clock, options.duplicateWindowMs);
  const items = new Set<QueuedItem>();
  const chooseLane = createLaneChooser();
  const turns = createLaneTurns();
  let lastPosition = 0;
  const takers = new Set<() => void>();

  const offerAll = (): void => {
    for (const taker of takers) queueMicrotask(taker);
  };
  const hide = (item: QueuedItem, durationMs: number): void => {
    item.hiddenUntilMs = clock.nowMs() + durationMs;
    clock.schedule(item.hiddenUntilMs, offerAll);
  };

  const isQueued = (pool: string, effectId: string): boolean =>
    [...items].some((item) => item.pool === pool && item.effectId === effectId);

  const takeNext = (pool: string): WorkDelivery | undefined => {
    if (!isConnected()) return undefined;
    const heads = new Map<Lane, QueuedItem>();
    for (const queued of items) {
      if (queued.pool === pool && queued.hiddenUntilMs <= clock.nowMs() && !heads.has(queued.lane))
        heads.set(queued.lane, queued);
    }
    const lane = turns.next([...heads.keys()]);
    const item = lane === undefined ? undefined : heads.get(lane);
    if (item === undefined) return undefined;
    item.delivery += 1;
    const { delivery } = item;
    hide(item, ackWaitMs);
    const isCurrent = (): boolean => isConnected() && items.has(item) && item.delivery === delivery;
    return {
      work: JSON.parse(item.text) as WorkItem,
      position: item.position,
      deliveries: delivery,
      heartbeat: () => {
        if (isCurrent()) hide(item, ackWaitMs);
      },
      finish: () => {
        if (isConnected()) items.delete(item);
      },
      release: () => {
        if (isCurrent()) hide(item, 0);
      },
    };
  };

  return {
    offerAll,
    get lastPosition() {
      return lastPosition;
    },
    append: ({ pool, priority, work, messageId }) => {
      if (work.repeated === true && isQueued(pool, work.effectId)) return;
      ids.once(messageId, () => {
        const lane = chooseLane({ pool, actorId: work.actor.id, priority, nowMs: clock.nowMs() });
        const text = JSON.stringify(work);
        lastPosition += 1;
        const { effectId } = work;
        items.add({
          pool,
          effectId,
          lane,
          position: lastPosition,
          text,
          hiddenUntilMs: 0,
          delivery: 0,
        });
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
