/** Reading EVENTS on a real server: batches, holes, and a server that dies in the middle. */
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { EventSource, StreamItem } from '../core/event-source.ts';
import { startTestServer, type TestServer } from '../testing/real-server.ts';
import { makeEventMessage } from '../testing/stored-event.ts';
import { silentLog } from '../worker/log.ts';
import { openConnection } from './connection.ts';
import { createEventSource, maxEventBatch, maxEventsHeld } from './event-source.ts';
import { createPublisher, type Publisher } from './publisher.ts';
import { ensureStreams, eventsStream } from './streams.ts';

let server: TestServer;
let connection: NatsConnection;
let manager: JetStreamManager;
let publisher: Publisher;
let source: EventSource;
const readings = new AbortController();

beforeAll(async () => {
  server = await startTestServer();
  connection = await openConnection({ ...server.connection, name: 'event source test' });
  manager = await jetstreamManager(connection);
  await ensureStreams(manager, { partitionCount: 1, replicas: 1 });
  publisher = createPublisher(connection);
  source = createEventSource(connection, manager, silentLog);
});
afterEach(async () => {
  await manager.streams.purge(eventsStream);
});
afterAll(async () => {
  readings.abort();
  await connection.close();
  await server.stop();
});

async function publishData(data: string): Promise<number> {
  return vi.waitFor(
    async () => {
      const outcome = await publisher.publish({
        subject: 'evt.test.session.s1',
        data,
      });
      return outcome.status === 'stored' ? outcome.seq : 0;
    },
    { timeout: 20_000, interval: 50 },
  );
}

function publishEvent(number: number): Promise<number> {
  const { seq: _, ...event } = makeEventMessage(number);
  return publishData(JSON.stringify(event));
}

async function publishEvents(count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, index) => publishEvent(index + 1)));
}

async function readUntil(after: number, last: number): Promise<readonly (readonly StreamItem[])[]> {
  const stop = new AbortController();
  const batches: (readonly StreamItem[])[] = [];
  for await (const batch of source.read(after, AbortSignal.any([stop.signal, readings.signal]))) {
    batches.push(batch);
    if ((batch.at(-1)?.seq ?? 0) >= last) stop.abort();
  }
  return batches;
}

function positions(batches: readonly (readonly StreamItem[])[]): readonly number[] {
  return batches.flat().map((item) => item.seq);
}

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

describe('the EVENTS stream', () => {
  it('says where it begins and ends, also when it is empty', async () => {
    expect(await source.firstSeq()).toBe(1);
    expect(await source.lastSeq()).toBe(0);
    await publishEvents(3);
    expect([await source.firstSeq(), await source.lastSeq()]).toEqual([1, 3]);
    await manager.streams.purge(eventsStream);
    expect([await source.firstSeq(), await source.lastSeq()]).toEqual([4, 3]);
  });

  it('reads the backlog in batches and then what comes', async () => {
    const before = await source.lastSeq();
    await publishEvents(maxEventBatch + 10);
    const reading = readUntil(before, before + maxEventBatch + 11);
    await publishEvent(1);
    const batches = await reading;
    expect(positions(batches)).toEqual(range(before + 1, before + maxEventBatch + 11));
    expect(Math.max(...batches.map((batch) => batch.length))).toBeLessThanOrEqual(maxEventBatch);
  });

  it('goes on behind the position it is given', async () => {
    const before = await source.lastSeq();
    await publishEvents(5);
    expect(positions(await readUntil(before + 3, before + 5))).toEqual([before + 4, before + 5]);
  });

  it('skips what retention has removed, and only that', async () => {
    const before = await source.lastSeq();
    await publishEvents(6);
    await manager.streams.purge(eventsStream, { seq: before + 4 });
    await manager.streams.deleteMessage(eventsStream, before + 5);
    const items = (await readUntil(0, before + 6)).flat();
    expect(items.map((item) => item.seq)).toEqual(range(before + 4, before + 6));
    expect(items[1]).toEqual({ seq: before + 5, unreadable: 'the message was deleted' });
  });

  it('gives an item for a message that is no event', async () => {
    const before = await source.lastSeq();
    await publishEvent(1);
    await publishData('not JSON');
    await publishData('{"v":1}');
    await publishEvent(2);
    const items = (await readUntil(before, before + 4)).flat();
    expect(items.map((item) => 'unreadable' in item)).toEqual([false, true, true, false]);
  });

  it('pauses while its reader is slow and loses nothing', async () => {
    const before = await source.lastSeq();
    const count = maxEventsHeld + maxEventBatch;
    await publishEvents(count);
    const stop = new AbortController();
    const read: number[] = [];
    for await (const batch of source.read(before, stop.signal)) {
      read.push(...batch.map((item) => item.seq));
      await connection.flush();
      if (read.length >= count) stop.abort();
    }
    expect(read).toEqual(range(before + 1, before + count));
  });

  it('has neither hole nor repeat when the server is killed', async () => {
    const before = await source.lastSeq();
    await publishEvents(50);
    const items: StreamItem[] = [];
    const stop = new AbortController();
    const reading = (async () => {
      for await (const batch of source.read(before, stop.signal)) items.push(...batch);
    })();
    await vi.waitFor(() => {
      expect(items.length).toBe(50);
    });
    process.kill(server.pid, 'SIGKILL');
    await publishEvent(51);
    await publishEvents(50);
    await vi.waitFor(
      () => {
        expect(items.length).toBeGreaterThanOrEqual(101);
      },
      { timeout: 20_000 },
    );
    stop.abort();
    await reading;
    expect(items.map((item) => item.seq)).toEqual(range(before + 1, before + items.length));
  });

  it('ends when its signal aborts, also while nothing comes', async () => {
    const stop = new AbortController();
    const reading = (async () => {
      for await (const batch of source.read(await source.lastSeq(), stop.signal)) return batch;
      return 'ended';
    })();
    stop.abort();
    expect(await reading).toBe('ended');
  });
});
