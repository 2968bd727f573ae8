/** Made-up events for tests of what reads events. */
import type { StoredEvent } from '../contract/event.ts';

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

/** Events from `first` to `last`, both included. */
export function makeStoredEvents(first: number, last: number): readonly StoredEvent[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) =>
    makeStoredEvent(first + index),
  );
}
