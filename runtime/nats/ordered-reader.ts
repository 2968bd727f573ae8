/** Delivers a stream's messages in order from a position on, and goes on by itself after an interruption. */
import { DeliverPolicy, jetstream, type ConsumerMessages, type JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { describeError } from '../contract/errors.ts';
import type { WorkerLog } from '../worker/log.ts';
import { watchConnection } from './connection.ts';

/** Messages asked for ahead of their processing. */
const prefetch = 256;
const retryDelayMs = 250;
/**
 * Of the reader that the server holds for us. In a cluster it is on one of the servers, and when that dies nothing but the
 * missing heartbeats tells us, twice in a row; what the client does by itself takes half a minute.
 */
const heartbeatEveryMs = 2_000;
const pullForMs = 10_000;

export interface OrderedReading {
  readonly stream: string;
  readonly filter: string;
  /** Exclusive. */
  readonly after: number;
  readonly deliver: (message: JsMsg) => void;
  readonly signal: AbortSignal;
  readonly log: WorkerLog;
}

/** Resolves when the signal aborts, and only then: a connection closed for good delivers nothing more. */
export async function readOrdered(
  connection: NatsConnection,
  reading: OrderedReading,
): Promise<void> {
  let position = reading.after;
  const deliver = (message: JsMsg): void => {
    if (message.seq <= position || reading.signal.aborted) return;
    position = message.seq;
    reading.deliver(message);
  };
  while (!reading.signal.aborted) {
    try {
      await readUntilClosed(connection, reading, position, deliver);
    } catch (error) {
      reading.log.warn('reading interrupted', {
        filter: reading.filter,
        error: describeError(error),
      });
    }
    if (!reading.signal.aborted) {
      await waitFor(reading.signal, connection.isClosed() ? undefined : retryDelayMs);
    }
  }
}

async function readUntilClosed(
  connection: NatsConnection,
  reading: OrderedReading,
  position: number,
  deliver: (message: JsMsg) => void,
): Promise<void> {
  const interruption = new AbortController();
  const unwatch = watchConnection(connection, (change) => {
    if (change === 'reconnected') interruption.abort();
  });
  const ending = AbortSignal.any([reading.signal, interruption.signal]);
  try {
    // A request that was under way when the connection was lost is not answered before its time-out.
    const consumer = await Promise.race([
      jetstream(connection).consumers.get(reading.stream, {
        filter_subjects: reading.filter,
        deliver_policy: DeliverPolicy.StartSequence,
        opt_start_seq: position + 1,
      }),
      waitFor(ending),
    ]);
    if (consumer === undefined) return;
    const messages = await consumer.consume({
      max_messages: prefetch,
      expires: pullForMs,
      idle_heartbeat: heartbeatEveryMs,
      callback: deliver,
    });
    const stop = (): void => {
      messages.stop();
    };
    ending.addEventListener('abort', stop, { once: true });
    if (ending.aborted) stop();
    void stopWhenLost(messages);
    await messages.closed();
  } finally {
    unwatch();
  }
}

/**
 * nats.js 3.4 replaces a consumer that is gone by itself, but counts what it had asked the old one for as still
 * to come: the new one delivers a few messages and then nothing for half a minute. We start over instead.
 */
async function stopWhenLost(messages: ConsumerMessages): Promise<void> {
  for await (const status of messages.status()) {
    if (status.type === 'ordered_consumer_recreated' || status.type === 'heartbeats_missed')
      messages.stop();
  }
}

/** Until the signal aborts, at most `delayMs`. */
function waitFor(signal: AbortSignal, delayMs?: number): Promise<undefined> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
      resolve(undefined);
    };
    const timer = delayMs === undefined ? undefined : setTimeout(wake, delayMs);
    if (signal.aborted) wake();
    else signal.addEventListener('abort', wake);
  });
}
