/**
 * Folds a stream into history from wherever history is: what the projector does for ever and a rebuild does once.
 * Knows what can lie between the two: a stream trimmed by its retention, and a stream that is another one.
 */
import { unpackEvents } from '../contract/event.ts';
import type { EventSource, StreamItem } from '../core/event-source.ts';
import { isUnreadable } from '../core/event-source.ts';
import type { History } from './history.ts';
import type { HistoryLog } from './notice.ts';

export interface FollowOptions {
  readonly history: History;
  readonly source: EventSource;
  readonly log: HistoryLog;
  readonly signal: AbortSignal;
}

/** Yields the position at the start and after each batch that is committed. Ends when the source's reading ends. */
export async function* followSource(options: FollowOptions): AsyncGenerator<number, void> {
  const { history, source, signal } = options;
  await meetSource(options);
  const start = await history.throughSeq();
  yield start;

  // One position back: the event there shows whether this is the stream that history was folded from.
  let sameStream: boolean | undefined;
  for await (const batch of source.read(Math.max(start - 1, 0), signal)) {
    sameStream ??= await isOfSameStream(history, batch);
    if (!sameStream) break;
    await applyBatch(options, batch);
    yield await history.throughSeq();
  }
  if (sameStream === false) {
    await beginAgain(options, start);
    yield* followSource(options);
  }
}

/** Brings the position into what the stream can have: not beyond its end, not before its beginning. */
async function meetSource(options: FollowOptions): Promise<void> {
  const { history, source } = options;
  const throughSeq = await history.throughSeq();
  if (throughSeq > (await source.lastSeq())) await beginAgain(options, throughSeq);
  await history.skipTo((await source.firstSeq()) - 1);
}

async function applyBatch(
  { history, source }: FollowOptions,
  batch: readonly StreamItem[],
): Promise<void> {
  const next = (await history.throughSeq()) + 1;
  const [first] = batch;
  // Retention may have trimmed the stream since its beginning was asked for. A hole behind that is refused by apply.
  if (first !== undefined && first.seq > next) {
    await history.skipTo(Math.min(await source.firstSeq(), first.seq) - 1);
  }
  await history.apply(batch);
}

/** True as well when there is nothing to compare: the position is at the beginning, or a hole. */
async function isOfSameStream(history: History, batch: readonly StreamItem[]): Promise<boolean> {
  const [item] = batch;
  if (item === undefined || isUnreadable(item)) return true;
  const [known] = await history.listEvents({ after: item.seq - 1, limit: 1 });
  return known === undefined || known.seq !== item.seq || known.id === unpackEvents(item)[0]?.id;
}

async function beginAgain({ history, log }: FollowOptions, throughSeq: number): Promise<void> {
  // The stream may be one that was made anew after a loss: then this history is all there is of what was before.
  const kept = await history.keepCopy();
  await history.reset();
  log({
    type: 'diverged',
    message: `History (through event ${throughSeq}) is not of the event stream that is there now, and is folded again from its beginning. What it held is kept in ${kept}.`,
    throughSeq,
    kept,
  });
}
