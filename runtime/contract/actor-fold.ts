/**
 * The fold from events to what history knows of one actor. Pure: the same events in the same order give the same
 * summary, however they were split into batches. History stores it; the console moves it on with the live tail.
 */
import type { StoredEvent } from './event.ts';
import type { ActorSummary } from './run-view.ts';

const encoder = new TextEncoder();

type Facts = ActorSummary['facts'];

/** A fact is a line in a list: what is larger (a diff, a log) is read from its event. */
export const maxFactBytes = 8 * 1024;
/** Facts are read and written with every event of their actor, so their size is the cost of an event. */
export const maxFactsBytes = 64 * 1024;

/** An event that is already folded in changes nothing. */
export function foldEvent(summary: ActorSummary | undefined, event: StoredEvent): ActorSummary {
  if (summary !== undefined && isFolded(summary, event)) return summary;
  return {
    kind: event.kind,
    id: event.actor,
    state: event.state,
    status: event.status,
    startedAt: summary?.startedAt ?? event.at,
    updatedAt: event.at,
    lastSeq: event.seq,
    lastIndex: event.i,
    eventCount: (summary?.eventCount ?? 0) + 1,
    facts: mergeFacts(summary?.facts ?? {}, event.data),
  };
}

function isFolded({ lastSeq, lastIndex }: ActorSummary, { seq, i }: StoredEvent): boolean {
  return seq < lastSeq || (seq === lastSeq && i <= lastIndex);
}

/**
 * Later keys over earlier ones. A value that is too large takes its key out, since the older value is no longer
 * true; when all together are too large, the largest go first, so that reasons, ids and shas stay.
 */
function mergeFacts(facts: Facts, data: Facts): Facts {
  if (Object.keys(data).length === 0) return facts;
  const entries = Object.entries({ ...facts, ...data })
    .map(([key, value]) => ({ key, value, bytes: jsonBytes(key) + jsonBytes(value) }))
    .filter((entry) => entry.bytes <= maxFactBytes);
  const dropped = chooseDropped(entries);
  return Object.fromEntries(
    entries.filter((entry) => !dropped.has(entry.key)).map((entry) => [entry.key, entry.value]),
  );
}

function chooseDropped(entries: readonly { key: string; bytes: number }[]): ReadonlySet<string> {
  const dropped = new Set<string>();
  let total = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  if (total <= maxFactsBytes) return dropped;
  for (const entry of [...entries].sort((a, b) => b.bytes - a.bytes)) {
    if (total <= maxFactsBytes) break;
    dropped.add(entry.key);
    total -= entry.bytes;
  }
  return dropped;
}

function jsonBytes(value: Facts[string]): number {
  return encoder.encode(JSON.stringify(value)).length;
}
