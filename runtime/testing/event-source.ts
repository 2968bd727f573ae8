/** The EVENTS stream in memory: appends, retention and outages under the test's control. */
import type { EventSource, StreamItem } from '../core/event-source.ts';

export interface MemoryEventSource extends EventSource {
  append(...items: readonly StreamItem[]): void;
  /** Retention: everything before `seq` is gone. */
  trimBefore(seq: number): void;
  /** Every reading, now and later, throws this until `recover`. */
  fail(error: Error): void;
  recover(): void;
  /** Ends the readings under way, as a connection that closes does. */
  endReadings(): void;
  /** How many readings are open. */
  openReadings(): number;
}

export function createMemoryEventSource(
  options: { readonly batchSize?: number } = {},
): MemoryEventSource {
  const { batchSize = 100 } = options;
  let items: readonly StreamItem[] = [];
  let lastSeq = 0;
  let failure: Error | undefined;
  let openReadings = 0;
  let connection = new AbortController();
  let wakers: readonly (() => void)[] = [];
  const announce = () => {
    const woken = wakers;
    wakers = [];
    for (const wake of woken) wake();
  };
  const waitForChange = () =>
    new Promise<void>((resolve) => {
      wakers = [...wakers, resolve];
    });
  const failIfAsked = () => {
    if (failure !== undefined) throw failure;
  };

  async function* read(after: number, signal: AbortSignal): AsyncGenerator<readonly StreamItem[]> {
    const ending = AbortSignal.any([signal, connection.signal]);
    ending.addEventListener('abort', announce, { once: true });
    openReadings += 1;
    let position = after;
    try {
      while (!ending.aborted) {
        failIfAsked();
        const batch = items.filter((item) => item.seq > position).slice(0, batchSize);
        if (batch.length === 0) {
          await waitForChange();
          continue;
        }
        position = batch.at(-1)?.seq ?? position;
        yield batch;
      }
    } finally {
      openReadings -= 1;
      ending.removeEventListener('abort', announce);
    }
  }

  return {
    read,
    firstSeq: async () => {
      failIfAsked();
      return items[0]?.seq ?? lastSeq + 1;
    },
    lastSeq: async () => {
      failIfAsked();
      return lastSeq;
    },
    append: (...added) => {
      items = [...items, ...added];
      lastSeq = added.at(-1)?.seq ?? lastSeq;
      announce();
    },
    trimBefore: (seq) => {
      items = items.filter((item) => item.seq >= seq);
    },
    fail: (error) => {
      failure = error;
      announce();
    },
    recover: () => {
      failure = undefined;
    },
    endReadings: () => {
      connection.abort();
      connection = new AbortController();
    },
    openReadings: () => openReadings,
  };
}
