/** The EVENTS stream as history reads it: one item per position, without holes. Implemented over NATS and in memory. */
import { unpackEvents, type StoredEvent, type StoredEventMessage } from '../contract/event.ts';

/** A position whose message does not parse, or was deleted from the middle of the stream. */
export interface UnreadableEvent {
  readonly seq: number;
  readonly unreadable: string;
}

export type StreamItem = StoredEventMessage | UnreadableEvent;

/** Tells a position that holds no event that can be read from one that does. */
export function isUnreadable(item: StreamItem): item is UnreadableEvent {
  return 'unreadable' in item;
}

/** For who follows and passes over what cannot be read; history notes it as a hole. */
export function eventsOf(items: readonly StreamItem[]): readonly StoredEvent[] {
  return items.flatMap((item) => (isUnreadable(item) ? [] : unpackEvents(item)));
}

/** Where history reads. Implementations parse: an item is a valid message, or says why it is not. */
export interface EventSource {
  /**
   * Batches in order, from the position behind `after` (or the first that is still held), then live. Every position
   * has its item. Ends or throws when `signal` aborts; throws a `SignalboxError` when the stream cannot be read.
   */
  read(after: number, signal: AbortSignal): AsyncIterable<readonly StreamItem[]>;
  /** The first position that is still held; `lastSeq + 1` when none is. */
  firstSeq(): Promise<number>;
  /** The last position ever given out; 0 for a new stream. */
  lastSeq(): Promise<number>;
}
