/** What a finished job has left in JetStream, read from a server started on its data: not what the system says of itself. */
import { join } from 'node:path';
import { namespace } from '../../cli/system/storage-part.ts';
import type { ActorAddress } from '../../runtime/contract/address.ts';
import { unpackEvents, type StoredEvent } from '../../runtime/contract/event.ts';
import { defaultPartitionCount } from '../../runtime/contract/subjects.ts';
import type { StoredTranscriptEntry } from '../../runtime/contract/transcript.ts';
import type { Commit } from '../../runtime/core/commit.ts';
import { isUnreadable, type EventSource } from '../../runtime/core/event-source.ts';
import { openConnection } from '../../runtime/nats/connection.ts';
import { openStorage, type Storage } from '../../runtime/nats/open-storage.ts';
import { startTestServer } from '../../runtime/testing/real-server.ts';
import { silentLog } from '../../runtime/worker/log.ts';

export interface StoredJob {
  readonly events: readonly StoredEvent[];
  readonly transcript: readonly StoredTranscriptEntry[];
  /** The last commit of every actor that has events. */
  readonly commits: readonly { readonly address: ActorAddress; readonly commit: Commit }[];
}

export async function readStoredJob(home: string, session: string): Promise<StoredJob> {
  const server = await startTestServer({ dataDir: join(home, 'nats') });
  try {
    const { url, user, password } = server.connection;
    const connection = await openConnection({ url, user, password, name: 'kill test' });
    try {
      const space = { namespace, partitionCount: defaultPartitionCount };
      const storage = await openStorage({
        connection,
        space,
        replicas: 1,
        log: silentLog,
      });
      const events = await readAllEvents(storage.events);
      return {
        events,
        transcript: await storage.transcripts.read(session),
        commits: await readLastCommits(storage, events),
      };
    } finally {
      await connection.close();
    }
  } finally {
    await server.stop();
  }
}

async function readAllEvents(source: EventSource): Promise<readonly StoredEvent[]> {
  const last = await source.lastSeq();
  const events: StoredEvent[] = [];
  const done = new AbortController();
  for await (const batch of source.read(0, done.signal)) {
    for (const item of batch) {
      if (isUnreadable(item))
        throw new Error(`message ${item.seq} of the events cannot be read: ${item.unreadable}`);
      events.push(...unpackEvents(item));
    }
    if ((batch.at(-1)?.seq ?? 0) >= last) break;
  }
  done.abort();
  return events;
}

async function readLastCommits(
  storage: Storage,
  events: readonly StoredEvent[],
): Promise<StoredJob['commits']> {
  const addresses = new Map(
    events.map(({ kind, actor }) => [`${kind}/${actor}`, { kind, id: actor }]),
  );
  return Promise.all(
    [...addresses.values()].map(async (address) => {
      const stored = await storage.commits.load(address);
      if (stored?.status !== 'stored')
        throw new Error(`${address.kind}/${address.id} has no state`);
      return { address, commit: stored.commit };
    }),
  );
}
