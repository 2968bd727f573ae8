/** Which events of an actor EVENTS holds: what a relay that is repeated long after the first must not store again. */
import type { DirectBatchOptions, JetStreamManager, StoredMsg } from '@nats-io/jetstream';
import { z } from 'zod';
import type { ActorAddress } from '../contract/address.ts';
import { eventSubject } from '../contract/subjects.ts';
import { readFailure } from './read-failure.ts';
import { eventsStream } from './streams.ts';

/** The server stamps what it stores with its own clock, which may be behind that of the worker. */
const clockSkewMs = 60_000;
const batchSize = 500;

const storedSchema = z.object({ id: z.string() });

/** Ids of the actor's events that were stored since then. */
export type ListStoredEvents = (
  address: ActorAddress,
  sinceMs: number,
) => Promise<ReadonlySet<string>>;

export function createStoredEventLister(
  manager: JetStreamManager,
  namespace: string,
): ListStoredEvents {
  const readBatch = async (
    from: DirectBatchOptions,
    what: string,
  ): Promise<readonly StoredMsg[]> => {
    const messages: StoredMsg[] = [];
    const failed = readFailure(what);
    const batch = await manager.direct.getBatch(eventsStream, from).catch(failed);
    if (batch === undefined) return messages;
    try {
      for await (const message of batch) messages.push(message);
    } catch (error) {
      failed(error);
    }
    return messages;
  };

  return async (address, sinceMs) => {
    const what = `the events of ${address.kind}/${address.id}`;
    const filter = { next_by_subj: eventSubject(namespace, address, '>'), batch: batchSize };
    const ids = new Set<string>();
    let from: DirectBatchOptions = { ...filter, start_time: new Date(sinceMs - clockSkewMs) };
    for (;;) {
      const messages = await readBatch(from, what);
      for (const message of messages) {
        const parsed = storedSchema.safeParse(message.json());
        if (parsed.success) ids.add(parsed.data.id);
      }
      const last = messages.at(-1);
      if (last === undefined || messages.length < batchSize) return ids;
      from = { ...filter, seq: last.seq + 1 };
    }
  };
}
