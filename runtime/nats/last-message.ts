/** The last message of a subject, as whoever has to go on from it must read it: not from a copy that lags behind. */
import type { JetStreamManager, StoredMsg } from '@nats-io/jetstream';

/** Null when the subject has none; fails as the client does. */
export type LastMessageReader = (stream: string, subject: string) => Promise<StoredMsg | null>;

/** A direct read is quicker; but in a cluster any copy answers it, and only the leader answers the other. */
export function createLastMessageReader(
  manager: JetStreamManager,
  replicated: boolean,
): LastMessageReader {
  return replicated
    ? (stream, subject) => manager.streams.getMessage(stream, { last_by_subj: subject })
    : (stream, subject) => manager.direct.getMessage(stream, { last_by_subj: subject });
}
