/** Delivers a stream's messages in order from a position on, and goes on by itself after an interruption. */
import { DeliverPolicy, type JetStreamClient, type JsMsg } from '@nats-io/jetstream';
import { describeError } from '../contract/errors.ts';
import type { WorkerLog } from '../worker/log.ts';

/** Messages asked for ahead of their processing. */
const prefetch = 256;
const retryDelayMs = 250;

export interface OrderedReading {
  readonly stream: string;
  readonly filter: string;
  /** Exclusive. */
  readonly after: number;
  readonly deliver: (message: JsMsg) => void;
  readonly signal: AbortSignal;
  readonly log: WorkerLog;
}

/** Resolves when the signal aborts. */
export async function readOrdered(client: JetStreamClient, reading: OrderedReading): Promise<void> {
  let position = reading.after;
  const deliver = (message: JsMsg): void => {
    if (message.seq <= position || reading.signal.aborted) return;
    position = message.seq;
    reading.deliver(message);
  };
  while (!reading.signal.aborted) {
    try {
      await readUntilClosed(client, reading, position, deliver);
    } catch (error) {
      reading.log.warn('reading interrupted', { filter: reading.filter, error: describeError(error) });
    }
    if (!reading.signal.aborted) await waitBeforeRetry(reading.signal);
  }
}

async function readUntilClosed(
  client: JetStreamClient,
  reading: OrderedReading,
  position: number,
  deliver: (message: JsMsg) => void,
): Promise<void> {
  const consumer = await client.consumers.get(reading.stream, {
    filter_subjects: reading.filter,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: position + 1,
  });
  const messages = await consumer.consume({ max_messages: prefetch, callback: deliver });
  const stop = (): void => {
    messages.stop();
  };
  reading.signal.addEventListener('abort', stop, { once: true });
  try {
    if (!reading.signal.aborted) await messages.closed();
  } finally {
    reading.signal.removeEventListener('abort', stop);
    messages.stop();
  }
}

function waitBeforeRetry(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(wake, retryDelayMs);
    signal.addEventListener('abort', wake, { once: true });
  });
}
