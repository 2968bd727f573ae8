/** Values and times as a person at a terminal reads them. Pure. */
import type { Json } from '../../runtime/contract/json.ts';

/** Longer texts and lists are cut unless all of them is asked for. */
const maxTextShown = 200;
const maxItemsShown = 10;

export interface Shortened {
  readonly value: Json;
  readonly cut: boolean;
}

export function shortenValue(value: Json): Shortened {
  let cut = false;
  const visit = (part: Json): Json => {
    if (typeof part === 'string') {
      if (part.length <= maxTextShown) return part;
      cut = true;
      return `${part.slice(0, maxTextShown)} … (${part.length} characters)`;
    }
    if (Array.isArray(part)) {
      if (part.length <= maxItemsShown) return part.map(visit);
      cut = true;
      return [...part.slice(0, maxItemsShown).map(visit), `… (${part.length} items)`];
    }
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, visit(inner)]));
  };
  return { value: visit(value), cut };
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** `3 min`, `2 d`, `40 ms`: the largest unit that fits at least once, rounded. */
export function formatDuration(durationMs: number): string {
  const lengthMs = Math.abs(durationMs);
  const [unit, sizeMs] = units.find(([, size]) => lengthMs >= size) ?? ['ms', 1];
  return `${Math.round(lengthMs / sizeMs)} ${unit}`;
}

/** `in 3 min` or `3 min ago`. */
export function formatDistance(atMs: number, nowMs: number): string {
  return atMs >= nowMs
    ? `in ${formatDuration(atMs - nowMs)}`
    : `${formatDuration(nowMs - atMs)} ago`;
}

/** `2026-01-31 12:00:00`, UTC. */
export function formatTime(iso: string): string {
  return iso.slice(0, 19).replace('T', ' ');
}
