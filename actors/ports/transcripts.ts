/** Conversations and long texts, kept outside actor states. Implemented by runtime/nats, wired in cli. */
import type { TranscriptEntry } from '../../runtime/contract/transcript.ts';

export interface TranscriptPort {
  /** Appends in order; an entry whose id is already there is skipped. Resolves when stored. */
  append(entries: readonly TranscriptEntry[]): Promise<void>;
  /** The whole conversation, oldest first, without repeats. Cached: only what is new is fetched. */
  read(sessionId: string): Promise<readonly TranscriptEntry[]>;
}

export interface BlobPort {
  /** Overwrites. `key` holds letters, digits, `-`, `_`, `/`, `.` and `:` only. */
  put(key: string, data: Uint8Array): Promise<void>;
  /** Throws `SB_BLOB_MISSING`. */
  get(key: string): Promise<Uint8Array>;
}
