/** Conversations on JetStream: appended in order, read once, then kept up to date from a bounded cache. */
import type { JetStreamManager } from '@nats-io/jetstream';
import { describeError } from '../contract/errors.ts';
import type { TranscriptPage } from '../contract/run-view.ts';
import { transcriptSubject } from '../contract/subjects.ts';
import {
  transcriptEntrySchema,
  type StoredTranscriptEntry,
  type TranscriptEntry,
} from '../contract/transcript.ts';
import type { WorkerLog } from '../worker/log.ts';
import type { Publisher } from './publisher.ts';
import { readFailure } from './read-failure.ts';
import { transcriptsStream } from './streams.ts';

/** Sessions whose conversation stays in memory; a parked one is read again when it wakes. */
const maxCachedSessions = 64;
const batchSize = 500;

export interface TranscriptStore {
  /** Appends in order; an entry whose id is already there is skipped. */
  append(entries: readonly TranscriptEntry[]): Promise<void>;
  /** The whole conversation, oldest first, without repeats. */
  read(sessionId: string): Promise<readonly StoredTranscriptEntry[]>;
  /** Entries after a position, for a console. */
  page(sessionId: string, after: number, limit: number): Promise<TranscriptPage>;
}

interface Conversation {
  readonly entries: StoredTranscriptEntry[];
  readonly ids: Set<string>;
  lastSeq: number;
}

export function createTranscriptStore(
  manager: JetStreamManager,
  publisher: Publisher,
  namespace: string,
  log: WorkerLog,
): TranscriptStore {
  const cache = new Map<string, Conversation>();

  const touch = (sessionId: string): Conversation => {
    const known = cache.get(sessionId) ?? { entries: [], ids: new Set<string>(), lastSeq: 0 };
    cache.delete(sessionId);
    cache.set(sessionId, known);
    const [oldest] = cache.keys();
    if (cache.size > maxCachedSessions && oldest !== undefined) cache.delete(oldest);
    return known;
  };

  const refresh = async (sessionId: string): Promise<Conversation> => {
    const conversation = touch(sessionId);
    for (;;) {
      const fresh = await readBatch(
        manager,
        transcriptSubject(namespace, sessionId),
        conversation.lastSeq,
        log,
      );
      for (const item of fresh.entries) {
        if (item.seq <= conversation.lastSeq) continue;
        conversation.lastSeq = item.seq;
        if (item.entry === undefined || conversation.ids.has(item.entry.id)) continue;
        conversation.ids.add(item.entry.id);
        conversation.entries.push({ ...item.entry, seq: item.seq });
      }
      if (fresh.complete) return conversation;
    }
  };

  return {
    append: async (entries) => {
      const [first] = entries;
      if (first === undefined) return;
      const { ids } = await refresh(first.session);
      for (const entry of entries) {
        if (ids.has(entry.id)) continue;
        await publisher.publish({
          subject: transcriptSubject(namespace, entry.session),
          data: JSON.stringify(entry),
          messageId: `tr:${entry.session}:${entry.id}`,
        });
      }
    },
    read: async (sessionId) => (await refresh(sessionId)).entries,
    page: async (sessionId, after, limit) => {
      const { entries, lastSeq } = await refresh(sessionId);
      const rest = entries.filter((entry) => entry.seq > after);
      const page = rest.slice(0, limit);
      const more = rest.length > page.length;
      return {
        entries: page,
        more,
        throughSeq: more ? (page.at(-1)?.seq ?? after) : Math.max(after, lastSeq),
      };
    },
  };
}

async function readBatch(
  manager: JetStreamManager,
  subject: string,
  after: number,
  log: WorkerLog,
): Promise<{
  readonly entries: readonly {
    readonly seq: number;
    readonly entry: TranscriptEntry | undefined;
  }[];
  readonly complete: boolean;
}> {
  const entries: { seq: number; entry: TranscriptEntry | undefined }[] = [];
  const messages = await manager.direct
    .getBatch(transcriptsStream, { seq: after + 1, next_by_subj: subject, batch: batchSize })
    .catch(readFailure(`the transcript ${subject}`));
  if (messages === undefined) return { entries, complete: true };
  try {
    for await (const message of messages) {
      const parsed = transcriptEntrySchema.safeParse(message.json());
      if (!parsed.success) {
        log.warn('transcript entry skipped', {
          subject,
          seq: message.seq,
          reason: describeError(parsed.error),
        });
      }
      entries.push({ seq: message.seq, entry: parsed.success ? parsed.data : undefined });
    }
  } catch (error) {
    readFailure(`the transcript ${subject}`)(error);
  }
  return { entries, complete: entries.length < batchSize };
}
