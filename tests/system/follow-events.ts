/** Collects the events of a running system from the first one on, until a test has what it waits for. */
import { openClient, type Client } from '../../cli/client/open-client.ts';
import { parseSettings } from '../../cli/settings.ts';
import type { SystemLog } from '../../cli/system/log.ts';
import { unpackEvents, type StoredEvent } from '../../runtime/contract/event.ts';
import { isUnreadable } from '../../runtime/core/event-source.ts';

export interface EventLog {
  readonly client: Client;
  readonly events: readonly StoredEvent[];
  close(): Promise<void>;
}

const silent: SystemLog = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  progress: () => undefined,
  hide: () => undefined,
  with: () => silent,
};

/** Of the system that runs on the home folder. `seen` is told of every event, in order. */
export async function followEvents(
  home: string,
  seen: (event: StoredEvent) => void = () => undefined,
): Promise<EventLog> {
  const client = await openClient(parseSettings({}, { home }), silent);
  const events: StoredEvent[] = [];
  const reading = new AbortController();
  const ended = readAll();
  async function readAll(): Promise<void> {
    for await (const batch of client.storage.events.read(0, reading.signal)) {
      for (const item of batch) {
        if (isUnreadable(item)) throw new Error(`message ${item.seq} of the events cannot be read`);
        for (const event of unpackEvents(item)) {
          events.push(event);
          seen(event);
        }
      }
    }
  }
  ended.catch(() => undefined);
  return {
    client,
    events,
    close: async () => {
      reading.abort();
      await ended;
      await client.close();
    },
  };
}
