/**
 * Transcripts and blobs as the effects of actors get them: while NATS is away or full they wait instead of failing. What
 * a command has printed, or a test run has shown, must not be lost, nor the run with it, because it ended in that moment.
 */
import type { BlobPort, TranscriptPort } from '../../actors/ports/transcripts.ts';
import { persistently } from '../../runtime/worker/persistence.ts';
import type { Clock } from '../../runtime/core/storage.ts';
import type { WorkerLog } from '../../runtime/worker/log.ts';

export interface Stores {
  readonly blobs: BlobPort;
  readonly transcripts: TranscriptPort;
}

/** All four calls may be repeated without harm. `signal` aborts when the system stops. */
export function createPatientStores(
  { blobs, transcripts }: Stores,
  context: { readonly clock: Clock; readonly log: WorkerLog; readonly signal: AbortSignal },
): Stores {
  return {
    blobs: {
      put: (key, data) => persistently(context, `blob ${key}`, () => blobs.put(key, data)),
      get: (key) => persistently(context, `blob ${key}`, () => blobs.get(key)),
    },
    transcripts: {
      append: (entries) =>
        persistently(context, `transcript of ${entries[0]?.session ?? 'nobody'}`, () =>
          transcripts.append(entries),
        ),
      read: (session) =>
        persistently(context, `transcript of ${session}`, () => transcripts.read(session)),
    },
  };
}
