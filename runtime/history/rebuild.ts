/**
 * Folds history again from the stream, into a file beside the live one, and takes it over when it is complete:
 * until then everyone reads the old history, and a crash in the middle leaves it as it was.
 */
import { SignalboxError } from '../contract/errors.ts';
import type { EventSource } from '../core/event-source.ts';
import { removeDatabase } from './database.ts';
import { followSource } from './follow.ts';
import type { History } from './history.ts';
import { openHistory } from './history.ts';
import type { HistoryLog } from './notice.ts';

export interface RebuildOptions {
  readonly history: History;
  readonly source: EventSource;
  readonly log: HistoryLog;
  /** Rebuild at least up to here: the end of the stream when the rebuild was asked for. */
  readonly lastSeq: number;
  readonly signal?: AbortSignal;
}

export interface RebuildReport {
  readonly events: number;
  readonly actors: number;
  /** Events that did not parse, and ranges the stream no longer holds: `history.listHoles()` says which. */
  readonly holes: number;
  readonly throughSeq: number;
  readonly durationMs: number;
}

/** Errors: `SB_HISTORY_FAILED`, `SB_STORAGE_FULL`, and whatever the source throws; the old history stays. */
export async function rebuildHistory(options: RebuildOptions): Promise<RebuildReport> {
  const startedAt = performance.now();
  const { history, log } = options;
  const beside = `${history.file}.rebuilding`;
  // A rebuild that was killed may have left one.
  await removeDatabase(beside);
  try {
    const rebuilt = await openHistory({ file: beside, log });
    try {
      await foldThrough(rebuilt, options);
    } finally {
      await rebuilt.close();
    }
    await history.replaceWith(beside);
  } finally {
    await removeDatabase(beside);
  }
  const counts = await history.count();
  const throughSeq = await history.throughSeq();
  return { ...counts, throughSeq, durationMs: performance.now() - startedAt };
}

async function foldThrough(rebuilt: History, options: RebuildOptions): Promise<void> {
  const { source, log, lastSeq } = options;
  const reading = new AbortController();
  const signal = AbortSignal.any([reading.signal, ...(options.signal ? [options.signal] : [])]);
  try {
    for await (const seq of followSource({ history: rebuilt, source, log, signal })) {
      options.signal?.throwIfAborted();
      if (seq >= lastSeq) return;
    }
  } finally {
    reading.abort();
  }
  options.signal?.throwIfAborted();
  throw new SignalboxError(
    'SB_HISTORY_FAILED',
    `The event stream ended at event ${await rebuilt.throughSeq()}, before ${lastSeq}; history is unchanged`,
    { retryable: true, next: 'Run "signalbox history rebuild" again.' },
  );
}
