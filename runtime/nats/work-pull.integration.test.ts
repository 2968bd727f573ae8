/** Requests for work on a real server, which serves several open ones in turns. */
import { AckPolicy, jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startTestServer, type TestServer } from '../testing/real-server.ts';
import { openConnection, type Connection } from './connection.ts';
import { createPublisher } from './publisher.ts';
import { createWorkPull } from './work-pull.ts';

let server: TestServer;
let connection: Connection;
beforeAll(async () => {
  server = await startTestServer();
  connection = await openConnection({ ...server.connection, name: 'work pull test' });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: 'PULLED', subjects: ['pulled'] });
  await manager.consumers.add('PULLED', { durable_name: 'pool', ack_policy: AckPolicy.Explicit });
});
afterAll(async () => {
  await connection.close();
  await server.stop();
});

it('knows what is still to come when one of two open requests expires', async () => {
  const publisher = createPublisher(connection);
  let delivered = 0;
  let ended = 0;
  const pull = createWorkPull({
    connection,
    stream: 'PULLED',
    consumer: 'pool',
    deliver: () => {
      delivered += 1;
    },
    ended: () => {
      ended += 1;
    },
    refused: (reason) => {
      throw new Error(reason);
    },
  });
  pull.request(6, 500, 'standing');
  pull.request(6, 20_000, 'standing');
  // Each of the two brings three.
  for (let item = 0; item < 6; item += 1)
    await publisher.publish({ subject: 'pulled', data: String(item) });
  await vi.waitFor(() => {
    expect(delivered).toBe(6);
  });
  await vi.waitFor(
    () => {
      expect(ended).toBe(1);
    },
    { timeout: 10_000 },
  );
  expect(pull.coming('standing')).toBe(3);
  for (let item = 0; item < 3; item += 1)
    await publisher.publish({ subject: 'pulled', data: String(item) });
  await vi.waitFor(() => {
    expect([delivered, pull.coming('standing')]).toEqual([9, 0]);
  });
});
