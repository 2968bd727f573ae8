/**
 * Virtual time: everything that waits in a simulation waits here, and one thing happens after the other. What is due
 * in the same millisecond happens in an order that the seed decides. Between two things every promise that can go on
 * has gone on, so that nothing outside of this queue decides an order.
 */
import type { Random } from './random.ts';

export interface Schedule {
  nowMs(): number;
  /** Returns the way to cancel it. `label` is its line in the trace; none for what is not worth one. */
  at(atMs: number, label: string | undefined, run: () => void): () => void;
  note(line: string): void;
  /** Runs until nothing waits before `untilMs`. */
  runUntil(untilMs: number): Promise<void>;
  /** One line for each thing that happened, with its time since the start. */
  readonly trace: readonly string[];
}

interface Item {
  readonly atMs: number;
  /** Decides between items of one millisecond. */
  readonly rank: number;
  readonly order: number;
  readonly label: string | undefined;
  readonly run: () => void;
  cancelled: boolean;
}

/** 2026-01-01. */
export const simulationStartMs = Date.UTC(2026, 0, 1);
const largestRank = 1_000;

export function createSchedule(random: Random): Schedule {
  const heap: Item[] = [];
  const trace: string[] = [];
  let nowMs = simulationStartMs;
  let order = 0;

  const note = (line: string): void => {
    trace.push(`${nowMs - simulationStartMs} ${line}`);
  };
  return {
    nowMs: () => nowMs,
    note,
    trace,
    at: (atMs, label, run) => {
      const rank = random.integer(0, largestRank);
      order += 1;
      const item = { atMs: Math.max(nowMs, Math.ceil(atMs)), rank, order, label, run };
      const cancellable: Item = { ...item, cancelled: false };
      push(heap, cancellable);
      return () => {
        cancellable.cancelled = true;
      };
    },
    runUntil: async (untilMs) => {
      await settle();
      for (let item = heap[0]; item !== undefined && item.atMs <= untilMs; item = heap[0]) {
        pop(heap);
        if (item.cancelled) continue;
        nowMs = item.atMs;
        if (item.label !== undefined) note(item.label);
        item.run();
        await settle();
      }
      nowMs = Math.max(nowMs, untilMs);
    },
  };
}

/** Node runs the next tick when no promise is left that can go on, however deep they were. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve);
  });
}

function isBefore(left: Item, right: Item): boolean {
  if (left.atMs !== right.atMs) return left.atMs < right.atMs;
  return left.rank === right.rank ? left.order < right.order : left.rank < right.rank;
}

function push(heap: Item[], item: Item): void {
  let index = heap.length;
  heap.push(item);
  while (index > 0) {
    const above = (index - 1) >> 1;
    const parent = heap[above];
    if (parent === undefined || !isBefore(item, parent)) break;
    heap[index] = parent;
    index = above;
  }
  heap[index] = item;
}

function pop(heap: Item[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let index = 0;
  for (;;) {
    const left = index * 2 + 1;
    const child = smaller(heap, left, left + 1);
    const item = heap[child];
    if (item === undefined || !isBefore(item, last)) break;
    heap[index] = item;
    index = child;
  }
  heap[index] = last;
}

function smaller(heap: readonly Item[], left: number, right: number): number {
  const [one, other] = [heap[left], heap[right]];
  return one !== undefined && other !== undefined && isBefore(other, one) ? right : left;
}
