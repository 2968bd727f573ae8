/** The queue of pool effects: pulled one at a time, kept alive with heartbeats, acknowledged at the end. */
import {
  AckPolicy,
  DeliverPolicy,
  type Consumer,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { z } from 'zod';
import { actorAddressSchema } from '../contract/address.ts';
import { describeError } from '../contract/errors.ts';
import { cancelSubject, workSubject } from '../contract/subjects.ts';
import type { Cancellations, WorkDelivery, WorkItem, WorkQueue } from '../core/storage.ts';
import type { WorkerLog } from '../worker/log.ts';
import { watchConnection } from './connection.ts';
import { unavailable } from './read-failure.ts';
import { workStream } from './streams.ts';

/** Without a heartbeat for this long an item is given to the next worker: bounds the pause after a crash. */
const ackWaitMs = 3_000;
const heartbeatMs = 1_000;
/** How long one pull waits; also how long a lost connection can go unnoticed by a waiting slot. */
const pullMs = 5_000;
const releaseDelayMs = 500;
const retryDelayMs = 250;

const workItemSchema = z.object({
  effectId: z.string(),
  actor: actorAddressSchema,
  source: z.string(),
  input: z.json(),
});

export interface WorkQueueOptions {
  readonly connection: NatsConnection;
  readonly client: JetStreamClient;
  readonly manager: JetStreamManager;
  readonly namespace: string;
  readonly log: WorkerLog;
}

export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  const { client, manager, namespace, log } = options;
  const consumers = new Map<string, Promise<Consumer>>();
  /** Pools whose last pull failed: an outage is told once, not by every slot every few seconds. */
  const failing = new Set<string>();

  const openConsumer = async (pool: string): Promise<Consumer> => {
    const name = `pool-${pool}-${namespace}`;
    await manager.consumers.add(workStream, {
      durable_name: name,
      filter_subject: workSubject(pool, namespace),
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
      ack_wait: ackWaitMs * 1_000_000,
      max_ack_pending: -1,
    });
    return client.consumers.get(workStream, name);
  };
  const consumerOf = (pool: string): Promise<Consumer> => {
    const known = consumers.get(pool);
    if (known !== undefined) return known;
    const opened = openConsumer(pool);
    consumers.set(pool, opened);
    opened.catch(() => consumers.delete(pool));
    return opened;
  };

  const pull = async (pool: string): Promise<WorkDelivery | undefined> => {
    const consumer = await consumerOf(pool);
    const message = await consumer.next({ expires: pullMs });
    failing.delete(pool);
    return message === null ? undefined : readDelivery(options, message);
  };

  /** Undefined when there was nothing, or after a pause when the queue could not be asked. */
  const pullOrWait = async (
    pool: string,
    signal: AbortSignal,
    interrupted: Promise<undefined>,
  ): Promise<WorkDelivery | undefined> => {
    try {
      return await pull(pool);
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!failing.has(pool)) {
        failing.add(pool);
        log.warn('pulling work failed', { pool, error: describeError(error) });
      }
      consumers.delete(pool);
      await Promise.race([delay(retryDelayMs), interrupted]);
      return undefined;
    }
  };

  return {
    heartbeatMs,
    take: async (pool, signal) => {
      while (!signal.aborted) {
        const interruption = watchForInterruption(options.connection, signal);
        try {
          const pulling = pullOrWait(pool, signal, interruption.happened);
          const delivery = await Promise.race([pulling, interruption.happened]);
          if (delivery !== undefined) return delivery;
          // What an interrupted pull still brings is for someone else.
          void pulling.then((late) => late?.release());
        } finally {
          interruption.forget();
        }
      }
      return undefined;
    },
  };
}

/**
 * The worker stops, or the connection is back after a loss: the server knows nothing of a pull from before. The
 * signal outlives every call, so that a listener left behind would be a leak.
 */
function watchForInterruption(
  connection: NatsConnection,
  signal: AbortSignal,
): { readonly happened: Promise<undefined>; readonly forget: () => void } {
  let interrupt = (): void => undefined;
  const happened = new Promise<undefined>((resolve) => {
    interrupt = () => {
      resolve(undefined);
    };
  });
  signal.addEventListener('abort', interrupt, { once: true });
  const unwatch = watchConnection(connection, (change) => {
    if (change === 'reconnected') interrupt();
  });
  return {
    happened,
    forget: () => {
      signal.removeEventListener('abort', interrupt);
      unwatch();
    },
  };
}

function readDelivery(options: WorkQueueOptions, message: JsMsg): WorkDelivery | undefined {
  const { connection, log } = options;
  const parsed = parseWork(message);
  if (!parsed.success) {
    log.warn('work item skipped', { subject: message.subject, reason: parsed.reason });
    message.term('unreadable');
    return undefined;
  }
  // On a connection closed for good every call would throw; the item goes to another worker then.
  const unlessClosed = (answer: () => void) => (): void => {
    if (!connection.isClosed()) answer();
  };
  return {
    work: parsed.work,
    heartbeat: unlessClosed(() => {
      message.working();
    }),
    finish: async () => {
      const acknowledged = await message
        .ackAck()
        .catch(unavailable('a work item was not finished'));
      if (!acknowledged)
        unavailable('a work item was not finished')(new Error('no acknowledgement'));
    },
    release: unlessClosed(() => {
      message.nak(releaseDelayMs);
    }),
  };
}

function parseWork(
  message: JsMsg,
):
  | { readonly success: true; readonly work: WorkItem }
  | { readonly success: false; readonly reason: string } {
  try {
    return { success: true, work: workItemSchema.parse(message.json()) };
  } catch (error) {
    return { success: false, reason: describeError(error) };
  }
}

function delay(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, delayMs);
  });
}

export function createCancellations(connection: NatsConnection, namespace: string): Cancellations {
  return {
    listen: (pool, cancelled) => {
      const subscription = connection.subscribe(cancelSubject(pool, namespace), {
        callback: (error, message) => {
          if (error === null) cancelled(message.string());
        },
      });
      return () => {
        subscription.unsubscribe();
      };
    },
  };
}
