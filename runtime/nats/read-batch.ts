/** Reads what a stream holds on a subject, in order, without a consumer: for looking, not for following. */
import type { DirectBatchOptions, JetStreamManager, StoredMsg } from '@nats-io/jetstream';
import { readFailure } from './read-failure.ts';

export interface BatchReading {
  readonly stream: string;
  /** May hold wildcards. */
  readonly subject: string;
  /** First position to read, included; or the time since when. */
  readonly from: number | Date;
  readonly limit: number;
  /** For the message of an error: `the inbox of …`. */
  readonly what: string;
}

/** At most `limit` messages, oldest first; empty when there are none. */
export async function readBatch(
  manager: JetStreamManager,
  reading: BatchReading,
): Promise<readonly StoredMsg[]> {
  const failed = readFailure(reading.what);
  const messages: StoredMsg[] = [];
  const { from } = reading;
  const query: DirectBatchOptions = {
    next_by_subj: reading.subject,
    batch: reading.limit,
    ...(typeof from === 'number' ? { seq: Math.max(1, from) } : { start_time: from }),
  };
  const batch = await manager.direct.getBatch(reading.stream, query).catch(failed);
  if (batch === undefined) return messages;
  try {
    for await (const message of batch) messages.push(message);
  } catch (error) {
    failed(error);
  }
  return messages;
}
