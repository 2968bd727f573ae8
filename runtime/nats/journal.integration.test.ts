/** The journal on a real server: the first value stays. */
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../testing/real-server.ts';
import { openConnection } from './connection.ts';
import { createJournal } from './journal.ts';
import { createPublisher } from './publisher.ts';
import { ensureStreams } from './streams.ts';

let server: TestServer;
let connection: NatsConnection;

beforeAll(async () => {
  server = await startTestServer();
  connection = await openConnection({ ...server.connection, name: 'journal test' });
});
afterAll(async () => {
  await connection.close();
  await server.stop();
});

it('keeps the first value of a step', async () => {
  const manager = await jetstreamManager(connection);
  await ensureStreams(manager, 1, 1);
  const journal = createJournal(manager, createPublisher(connection), 'test');
  expect(await journal.get('kind.id.1-1', 'claim-1')).toBeUndefined();
  expect(await journal.put('kind.id.1-1', 'claim-1', { worker: 'a' })).toEqual({
    stored: true,
    value: { worker: 'a' },
  });
  expect(await journal.put('kind.id.1-1', 'claim-1', { worker: 'b' })).toEqual({
    stored: false,
    value: { worker: 'a' },
  });
  expect(await journal.put('kind.id.1-1', 'claim-2', { worker: 'b' })).toEqual({
    stored: true,
    value: { worker: 'b' },
  });
});
