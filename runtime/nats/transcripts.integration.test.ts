/** Transcripts on a real server: appended once, read from the cache, paged. */
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TranscriptEntry } from '../contract/transcript.ts';
import { startTestServer, type TestServer } from '../testing/real-server.ts';
import { silentLog } from '../worker/log.ts';
import { openConnection } from './connection.ts';
import { createPublisher } from './publisher.ts';
import { ensureStreams } from './streams.ts';
import { createTranscriptStore, type TranscriptStore } from './transcripts.ts';

let server: TestServer;
let connection: NatsConnection;
let open: () => Promise<TranscriptStore>;

beforeAll(async () => {
  server = await startTestServer();
  connection = await openConnection({ ...server.connection, name: 'transcript test' });
  const manager = await jetstreamManager(connection);
  await ensureStreams(manager, { partitionCount: 1, replicas: 1 });
  open = async () => createTranscriptStore(manager, createPublisher(connection), 'test', silentLog);
});
afterAll(async () => {
  await connection.close();
  await server.stop();
});

function entry(session: string, number: number): TranscriptEntry {
  return {
    v: 1,
    id: `prompt-${number}`,
    session,
    at: '2026-01-01T00:00:00.000Z',
    item: { type: 'prompt', source: 'step', text: `text ${number}` },
  };
}

it('is empty for a session that nobody knows', async () => {
  const store = await open();
  expect(await store.read('nobody')).toEqual([]);
  expect(await store.page('nobody', 0, 10)).toEqual({ entries: [], more: false, throughSeq: 0 });
});

it('keeps each entry once, whoever appends it again', async () => {
  const [first, second] = [await open(), await open()];
  await first.append(
    [entry('a', 1), entry('b', 1), entry('a', 2)].filter(({ session }) => session === 'a'),
  );
  await second.append([entry('a', 1), entry('a', 2), entry('a', 3)]);
  await first.append([entry('a', 3), entry('a', 4)]);
  const ids = (await (await open()).read('a')).map(({ id }) => id);
  expect(ids).toEqual(['prompt-1', 'prompt-2', 'prompt-3', 'prompt-4']);
});

it('pages through a long conversation', async () => {
  const store = await open();
  const entries = Array.from({ length: 1_200 }, (_, number) => entry('long', number));
  await store.append(entries);
  const reader = await open();
  expect(await reader.read('long')).toHaveLength(1_200);
  const page = await reader.page('long', 0, 500);
  expect(page.entries).toHaveLength(500);
  expect(page.more).toBe(true);
  const rest = await reader.page('long', page.throughSeq, 1_000);
  expect(rest.entries).toHaveLength(700);
  expect(rest.more).toBe(false);
});
