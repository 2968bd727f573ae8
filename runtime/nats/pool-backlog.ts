/** What waits in the work queue, pool by pool: for looking and for metrics. */
import type { JetStreamManager } from '@nats-io/jetstream';
import { lanes } from '../core/lanes.ts';
import { unavailable } from './read-failure.ts';
import { workStream } from './streams.ts';

export interface PoolBacklog {
  readonly pool: string;
  /** In the queue and with no worker. */
  readonly queued: number;
  /** With a worker that has not finished them. */
  readonly taken: number;
}

export type ReadPoolBacklog = () => Promise<readonly PoolBacklog[]>;

export function createPoolBacklogReader(
  manager: JetStreamManager,
  namespace: string,
): ReadPoolBacklog {
  const named = new RegExp(`^pool-(.+)-${namespace}-(?:${lanes.join('|')})$`, 'u');
  return async () => {
    const pools = new Map<string, PoolBacklog>();
    try {
      for await (const info of manager.consumers.list(workStream)) {
        const [, pool] = named.exec(info.name) ?? [];
        if (pool === undefined) continue;
        // A pool has a consumer for every lane.
        const { queued = 0, taken = 0 } = pools.get(pool) ?? {};
        pools.set(pool, {
          pool,
          queued: queued + info.num_pending,
          taken: taken + info.num_ack_pending,
        });
      }
    } catch (error) {
      unavailable('cannot read the work queue')(error);
    }
    return [...pools.values()].toSorted((left, right) => (left.pool < right.pool ? -1 : 1));
  };
}
