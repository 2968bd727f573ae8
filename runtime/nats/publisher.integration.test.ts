import { jetstreamManager, StorageType } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../testing/real-server.ts';
import { openConnection, type Connection } from './connection.ts';
import { createPublisher } from './publisher.ts';

describe('the publisher', () => {
  let server: TestServer;
  let observer: Connection;
  beforeAll(async () => {
    server = await startTestServer();
    observer = await open();
    const manager = await jetstreamManager(observer);
    await manager.streams.add({ name: 'P', subjects: ['p.>'], storage: StorageType.Memory });
  });
  afterAll(async () => {
    await observer.close();
    await server.stop();
  });
  const open = (): Promise<Connection> => openConnection({ ...server.connection, name: 'test' });

  it('keeps the order of what is published in one turn, however much it is', async () => {
    const publisher = createPublisher(observer);
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        publisher.publish({ subject: 'p.order', data: String(index) }),
      ),
    );
    const positions = outcomes.map((outcome) =>
      outcome.status === 'stored' ? outcome.seq : undefined,
    );
    const [first = 0] = positions;
    expect(positions).toEqual(Array.from({ length: 100 }, (_, index) => first + index));
  });

  it('does not store what has failed while it waited for its turn', async () => {
    const connection = await open();
    const publisher = createPublisher(connection);
    const published = publisher.publish({ subject: 'p.lost', data: 'x' });
    const closed = connection.close();
    await expect(published).rejects.toMatchObject({ code: 'SB_NATS_UNAVAILABLE' });
    await closed;
    const manager = await jetstreamManager(observer);
    const info = await manager.streams.info('P', { subjects_filter: 'p.lost' });
    expect(info.state.subjects).toBeUndefined();
  });

  it('says of one message that it is too large, and sends the others', async () => {
    const publisher = createPublisher(observer);
    const [large, small] = await Promise.allSettled([
      publisher.publish({ subject: 'p.size', data: 'x'.repeat(9_000_000) }),
      publisher.publish({ subject: 'p.size', data: 'x' }),
    ]);
    expect(large).toMatchObject({ reason: { code: 'SB_PROTOCOL' } });
    expect(small).toMatchObject({ value: { status: 'stored' } });
  });
});
