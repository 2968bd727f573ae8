/** All stored messages of a subject in order, page by page, without a consumer. */
import type { JetStreamManager, StoredMsg } from '@nats-io/jetstream';
import { readBatch } from './read-batch.ts';

const pageSize = 256;

export interface StoredReading {
  readonly stream: string;
  readonly subject: string;
  /** For the message of a failure. */
  readonly what: string;
}

/** Ends at what is stored when it gets there. Throws `SB_NATS_UNAVAILABLE`. */
export async function* readStored(
  manager: JetStreamManager,
  reading: StoredReading,
): AsyncGenerator<StoredMsg> {
  let from = 1;
  for (;;) {
    const page = await readBatch(manager, { ...reading, from, limit: pageSize });
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return;
    from = last.seq + 1;
  }
}
