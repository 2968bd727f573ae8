/** Notices that an effect under way says nothing of its progress any more: once per silence. */
import type { Clock } from '../core/storage.ts';

export interface Stall {
  readonly silentMs: number;
  /** The last thing that was said. */
  readonly note?: string;
}

export interface StallWatch {
  progress(note?: string): void;
  stop(): void;
}

const unwatched: StallWatch = { progress: () => undefined, stop: () => undefined };

/** Begins at once: an effect that says nothing at all is silent from its start. */
export function watchStall(
  clock: Clock,
  afterMs: number | undefined,
  stalled: (stall: Stall) => void,
): StallWatch {
  if (afterMs === undefined) return unwatched;
  let lastMs = clock.nowMs();
  let lastNote: string | undefined;
  let cancel: (() => void) | undefined;
  const check = (): void => {
    const silentMs = clock.nowMs() - lastMs;
    cancel = silentMs < afterMs ? clock.schedule(lastMs + afterMs, check) : undefined;
    if (cancel === undefined)
      stalled({ silentMs, ...(lastNote === undefined ? {} : { note: lastNote }) });
  };
  cancel = clock.schedule(lastMs + afterMs, check);
  return {
    progress: (note) => {
      // Called for every piece of an answer: the timer finds out by itself.
      lastMs = clock.nowMs();
      if (note !== undefined) lastNote = note;
      cancel ??= clock.schedule(lastMs + afterMs, check);
    },
    stop: () => {
      cancel?.();
    },
  };
}
