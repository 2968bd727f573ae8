/**
 * The EVENTS stream as history reads it: batches in order, one item per position, live after the backlog.
 * What JetStream does not deliver (a message deleted from the middle) is filled in, so that no position is missing.
 */
import type { JetStreamManager, JsMsg, StreamState } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { SignalboxError, describeError } from '../contract/errors.ts';
import { eventMessageSchema } from '../contract/event.ts';
import type { EventSource, StreamItem } from '../core/event-source.ts';
import type { WorkerLog } from '../worker/log.ts';
import { readOrdered } from './ordered-reader.ts';
import { readFailure } from './read-failure.ts';
import { eventsStream } from './streams.ts';

/** Items handed over at once at most: what one transaction of the history takes. */
export const maxEventBatch = 500;
/** Items held for a reader that is slower than the stream; beyond that reading pauses until it has taken them. */
export const maxEventsHeld = 4 * maxEventBatch;

export function createEventSource(
  connection: NatsConnection,
  manager: JetStreamManager,
  log: WorkerLog,
): EventSource {
  const readState = async (): Promise<StreamState> => {
    const info = await manager.streams
      .info(eventsStream)
      .catch(readFailure(`the stream ${eventsStream}`));
    if (info !== undefined) return info.state;
    throw new SignalboxError('SB_NATS_UNAVAILABLE', `there is no stream ${eventsStream}`, {
      retryable: true,
    });
  };
  const firstSeq = async (): Promise<number> => (await readState()).first_seq;

  return {
    // A new stream says 0; an emptied one says the position behind its last.
    firstSeq: async () => Math.max(1, await firstSeq()),
    lastSeq: async () => (await readState()).last_seq,
    read: (after, signal) => readEvents({ connection, log, firstSeq }, after, signal),
  };
}

interface Reading {
  readonly connection: NatsConnection;
  readonly log: WorkerLog;
  readonly firstSeq: () => Promise<number>;
}

async function* readEvents(
  reading: Reading,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<readonly StreamItem[]> {
  // What retention has removed before the first position that is still held is no hole.
  let position = Math.max(after, (await reading.firstSeq()) - 1);
  while (!signal.aborted) {
    const round = new AbortController();
    const held: StreamItem[] = [];
    const arrivals = createBell();
    const finished = readOrdered(reading.connection, {
      stream: eventsStream,
      filter: 'evt.>',
      after: position,
      signal: AbortSignal.any([signal, round.signal]),
      log: reading.log,
      deliver: (message) => {
        held.push(parseItem(message));
        arrivals.ring();
        if (held.length >= maxEventsHeld) round.abort();
      },
    }).finally(arrivals.ring);
    try {
      while (!signal.aborted && !(round.signal.aborted && held.length === 0)) {
        if (held.length === 0) {
          await arrivals.next();
          continue;
        }
        const batch = await fillHoles(held.splice(0, maxEventBatch), position, reading);
        position = batch.at(-1)?.seq ?? position;
        yield batch;
      }
    } finally {
      round.abort();
      await finished;
    }
  }
}

/** One waiter, who is woken by what has rung since it last looked. */
function createBell(): { readonly ring: () => void; readonly next: () => Promise<void> } {
  let wake = (): void => undefined;
  let rung = false;
  return {
    ring: () => {
      rung = true;
      wake();
    },
    next: async () => {
      if (!rung) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      rung = false;
    },
  };
}

/** Positions that were skipped are holes, unless retention has passed them in the meantime. */
async function fillHoles(
  items: readonly StreamItem[],
  position: number,
  reading: Reading,
): Promise<readonly StreamItem[]> {
  const [first] = items;
  const last = items.at(-1);
  if (first === undefined || last === undefined) return items;
  if (last.seq - position === items.length) return items;
  const firstHeld = await reading.firstSeq();
  const bySeq = new Map(items.map((item) => [item.seq, item]));
  const start = Math.max(position + 1, Math.min(first.seq, firstHeld));
  return Array.from({ length: last.seq - start + 1 }, (_, index) => {
    const seq = start + index;
    return bySeq.get(seq) ?? { seq, unreadable: 'the message was deleted' };
  });
}

function parseItem(message: JsMsg): StreamItem {
  try {
    return { ...eventMessageSchema.parse(message.json()), seq: message.seq };
  } catch (error) {
    return { seq: message.seq, unreadable: describeError(error) };
  }
}
