/**
 * The queue of pool effects. Every pool has a line: those who wait for an item, and items that have come. An item
 * belongs to one worker until it is acknowledged, released, or not kept alive for a while.
 */
import { AckPolicy, DeliverPolicy, type JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { describeError } from '../contract/errors.ts';
import { laneFilter } from '../contract/subjects.ts';
import { lanes, type Lane } from '../core/lanes.ts';
import type { WorkQueue } from '../core/storage.ts';
import type { WorkerLog } from '../worker/log.ts';
import { workStream } from './streams.ts';
import { giveBack, readWorkDelivery } from './work-delivery.ts';
import { createWorkLine, type WorkLine } from './work-line.ts';
import { createWorkPull } from './work-pull.ts';

/** Without a heartbeat for this long an item is given to the next worker: bounds the pause after a crash. */
const ackWaitMs = 3_000;
const heartbeatMs = 1_000;
const retryDelayMs = 250;
/** Open requests of all workers together, per lane. */
const maxWaiting = 4_096;

export interface WorkQueueOptions {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly namespace: string;
  readonly log: WorkerLog;
}

export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  const lines = new Map<string, WorkLine>();
  const lineOf = (pool: string): WorkLine => {
    const known = lines.get(pool);
    if (known !== undefined) return known;
    const line = createWorkLine((message, delayMs) => {
      giveBack(options.connection, message, delayMs);
    });
    for (const lane of lanes) openLane(options, pool, lane, line);
    lines.set(pool, line);
    return line;
  };
  return {
    heartbeatMs,
    take: async (pool, signal) => (signal.aborted ? undefined : lineOf(pool).take(signal)),
  };
}

/** Makes the lane's consumer, and makes it again when the server refuses to serve it. */
function openLane(options: WorkQueueOptions, pool: string, lane: Lane, line: WorkLine): void {
  const { connection, manager, namespace, log } = options;
  const consumer = `pool-${pool}-${namespace}-${lane}`;
  let failing = false;
  const open = async (): Promise<void> => {
    try {
      await manager.consumers.add(workStream, {
        durable_name: consumer,
        filter_subject: laneFilter(pool, namespace, lane),
        ack_policy: AckPolicy.Explicit,
        deliver_policy: DeliverPolicy.All,
        ack_wait: ackWaitMs * 1_000_000,
        max_ack_pending: -1,
        max_waiting: maxWaiting,
      });
      failing = false;
      line.open(lane, pull);
    } catch (error) {
      fail(describeError(error));
    }
  };
  const fail = (reason: string): void => {
    if (connection.isClosed()) return;
    // An outage is told once, not by every request.
    if (!failing) log.warn('asking for work failed', { pool, lane, reason });
    failing = true;
    setTimeout(() => void open(), retryDelayMs).unref();
  };
  const pull = createWorkPull({
    connection,
    stream: workStream,
    consumer,
    deliver: (message, purpose) => {
      const item = readWorkDelivery({ connection, log }, message);
      if (item !== undefined) line.receive(lane, item, purpose);
    },
    ended: (purpose) => {
      line.ended(lane, purpose);
    },
    refused: fail,
  });
  void open();
}
