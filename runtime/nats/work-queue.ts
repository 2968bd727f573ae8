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
import type { Cancellations, WorkDelivery, WorkQueue } from '../core/storage.ts';
import type { WorkerLog } from '../worker/log.ts';

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

export function createWorkQueue(
  client: JetStreamClient,
  manager: JetStreamManager,
  namespace: string,
  stream: string,
  log: WorkerLog,
): WorkQueue {
  const consumers = new Map<string, Promise<Consumer>>();

  const openConsumer = async (pool: string): Promise<Consumer> => {
    const name = `pool-${pool}-${namespace}`;
    await manager.consumers.add(stream, {
      durable_name: name,
      filter_subject: workSubject(pool, namespace),
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
      ack_wait: ackWaitMs * 1_000_000,
      max_ack_pending: -1,
    });
    return client.consumers.get(stream, name);
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
    return message === null ? undefined : readDelivery(message, log);
  };

  return {
    heartbeatMs,
    take: async (pool, signal) => {
      const aborted = new Promise<undefined>((resolve) => {
        signal.addEventListener('abort', () => {
          resolve(undefined);
        }, { once: true });
      });
      while (!signal.aborted) {
        try {
          const delivery = await Promise.race([pull(pool), aborted]);
          if (delivery !== undefined) return delivery;
        } catch (error) {
          log.warn('pulling work failed', { pool, error: describeError(error) });
          consumers.delete(pool);
          await Promise.race([delay(retryDelayMs), aborted]);
        }
      }
      return undefined;
    },
  };
}

function readDelivery(message: JsMsg, log: WorkerLog): WorkDelivery | undefined {
  const parsed = workItemSchema.safeParse(message.json());
  if (!parsed.success) {
    log.warn('work item skipped', { subject: message.subject, reason: describeError(parsed.error) });
    message.term('unreadable');
    return undefined;
  }
  return {
    work: parsed.data,
    heartbeat: () => {
      message.working();
    },
    finish: async () => {
      await message.ackAck();
    },
    release: () => {
      message.nak(releaseDelayMs);
    },
  };
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
