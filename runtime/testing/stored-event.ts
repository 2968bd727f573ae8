/** Made-up events for tests of what reads events. */
import type { StoredEvent, StoredEventMessage } from '../contract/event.ts';

/** A valid event at a position; one of ten session actors, so that neighbours interleave. */
export function makeStoredEvent(seq: number, overrides: Partial<StoredEvent> = {}): StoredEvent {
  const kind = overrides.kind ?? 'session';
  const actor = overrides.actor ?? `s${seq % 10}`;
  return {
    v: 1,
    id: `${kind}.${actor}:${seq}:0`,
    namespace: 'test',
    kind,
    actor,
    i: 0,
    type: 'stepFinished',
    at: new Date(Date.UTC(2026, 0, 1) + seq * 1_000).toISOString(),
    n: seq,
    state: 'thinking',
    status: 'active',
    cause: `command-${seq}`,
    data: { step: seq },
    ...overrides,
    seq,
  };
}

/** The same as the only event of its message. */
export function makeEventMessage(
  seq: number,
  overrides: Partial<StoredEvent> = {},
): StoredEventMessage {
  const { i, type, data, id, ...scene } = makeStoredEvent(seq, overrides);
  return { ...scene, id: id.slice(0, id.lastIndexOf(':')), events: [{ i, type, data }] };
}

/** Messages from `first` to `last`, both included. */
export function makeEventMessages(first: number, last: number): readonly StoredEventMessage[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) =>
    makeEventMessage(first + index),
  );
}
