/** Of which commits of an actor EVENTS holds the events: what a relay that is repeated long after the first must not store again. */
import type { JetStreamManager } from '@nats-io/jetstream';
import { z } from 'zod';
import type { ActorAddress } from '../contract/address.ts';
import { eventSubject } from '../contract/subjects.ts';
import { readBatch } from './read-batch.ts';
import { eventsStream } from './streams.ts';

/** The server stamps what it stores with its own clock, which may be behind that of the worker. */
const clockSkewMs = 60_000;
const batchSize = 500;

const storedSchema = z.object({ id: z.string() });

/** Ids of the actor's messages in EVENTS that were stored since then. */
export type ListStoredEvents = (
  address: ActorAddress,
  sinceMs: number,
) => Promise<ReadonlySet<string>>;

export function createStoredEventLister(
  manager: JetStreamManager,
  namespace: string,
): ListStoredEvents {
  return async (address, sinceMs) => {
    const what = `the events of ${address.kind}/${address.id}`;
    const reading = { stream: eventsStream, subject: eventSubject(namespace, address), what };
    const ids = new Set<string>();
    let from: number | Date = new Date(sinceMs - clockSkewMs);
    for (;;) {
      const messages = await readBatch(manager, { ...reading, from, limit: batchSize });
      for (const message of messages) {
        const parsed = storedSchema.safeParse(message.json());
        if (parsed.success) ids.add(parsed.data.id);
      }
      const last = messages.at(-1);
      if (last === undefined || messages.length < batchSize) return ids;
      from = last.seq + 1;
    }
  };
}
