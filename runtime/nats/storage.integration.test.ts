/** The worker's ports on a real server: the same suites that the fake passes. */
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { headers, type NatsConnection } from '@nats-io/nats-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { eventMessageSchema, unpackEvents, type StoredEvent } from '../contract/event.ts';
import { describeCommitStore } from '../testing/conformance/commit-store.ts';
import { describeInbox } from '../testing/conformance/inbox.ts';
import { describeJournal } from '../testing/conformance/journal.ts';
import { describePlacement } from '../testing/conformance/placement.ts';
import { describeQuarantine } from '../testing/conformance/quarantine.ts';
import { describeRelayOutlet } from '../testing/conformance/relay-outlet.ts';
import { makeCommit, type StorageUnderTest } from '../testing/conformance/storage-under-test.ts';
import { describeTimerStore } from '../testing/conformance/timer-store.ts';
import { describeWorkQueue } from '../testing/conformance/work-queue.ts';
import { startTestServer, type TestServer } from '../testing/real-server.ts';
import { silentLog } from '../worker/log.ts';
import { openConnection, watchConnection } from './connection.ts';
import { openStorage, type Storage } from './open-storage.ts';
import { ensureStreams, eventsStream } from './streams.ts';

const partitionCount = 2;
let server: TestServer;
let connection: NatsConnection;
let manager: JetStreamManager;
let namespaces = 0;

beforeAll(async () => {
  server = await startTestServer();
  connection = await openConnection({ ...server.connection, name: 'conformance' });
  manager = await jetstreamManager(connection);
});
afterAll(async () => {
  await connection.close();
  await server.stop();
});

/** Every suite has a namespace of its own on the one server. */
async function openNamespace(): Promise<Storage> {
  namespaces += 1;
  const space = { namespace: `suite-${namespaces}`, partitionCount };
  return openStorage({ connection, space, replicas: 1, log: silentLog });
}

async function open(): Promise<StorageUnderTest> {
  const storage = await openNamespace();
  return { storage, partitionCount, commands: storage.commands, listEvents };
}

async function listEvents(): Promise<readonly StoredEvent[]> {
  const { state } = await manager.streams.info(eventsStream);
  const seqs = Array.from({ length: state.last_seq }, (_, index) => index + 1);
  const messages = await Promise.all(
    seqs.map(async (seq) => {
      const message = await manager.streams.getMessage(eventsStream, { seq });
      if (message === null) throw new Error(`event ${seq} is gone`);
      return { ...eventMessageSchema.parse(message.json()), seq };
    }),
  );
  return messages.flatMap(unpackEvents);
}

async function restart(): Promise<void> {
  const back = new Promise<void>((resolve) => {
    const unwatch = watchConnection(connection, (change) => {
      if (change !== 'reconnected') return;
      unwatch();
      resolve();
    });
  });
  process.kill(server.pid, 'SIGKILL');
  await back;
}

describeCommitStore(open);
describeJournal(open);
describePlacement(open);
describeInbox(open);
describeQuarantine(open);
describeWorkQueue(open);
describeRelayOutlet(open, restart);
describeTimerStore(open, restart);

describe('one server', () => {
  it('keeps the actors, commands and effects of two namespaces apart', async () => {
    const [left, right] = await Promise.all([openNamespace(), openNamespace()]);
    const address = { kind: 'test', id: 'same' };
    expect(await left.commits.commit(address, makeCommit(1), 0)).toMatchObject({
      status: 'committed',
    });
    expect(await right.commits.load(address)).toBeUndefined();
    const mine = await right.commits.commit(address, makeCommit(1, { epoch: 9 }), 0);
    expect(mine).toMatchObject({ status: 'committed' });
    expect((await left.commands.start(address, null, 'same')).duplicate).toBe(false);
    expect((await right.commands.start(address, null, 'same')).duplicate).toBe(false);
    await left.journal.put('test.same.1-1', 'claim-1', 'left');
    expect(await right.journal.get('test.same.1-1', 'claim-1')).toBeUndefined();
    await left.blobs.put('same', new Uint8Array([1]));
    await expect(right.blobs.get('same')).rejects.toMatchObject({ code: 'SB_BLOB_MISSING' });
    expect([...(await left.blobs.get('same'))]).toEqual([1]);
  });

  it('refuses another number of partitions than its streams were made for', async () => {
    await expect(
      ensureStreams(manager, { partitionCount: partitionCount + 1, replicas: 1 }),
    ).rejects.toMatchObject({
      code: 'SB_CONFIG_INVALID',
    });
    await ensureStreams(manager, { partitionCount, replicas: 1 });
  });

  it('does not take a commit that leaves no room for what must be relayed of it', async () => {
    const storage = await openNamespace();
    const text = 'x'.repeat(storage.publisher.maxPayloadBytes - 3_000);
    const large = makeCommit(1, { snapshot: { value: 's', context: { text }, status: 'active' } });
    await expect(
      storage.commits.commit({ kind: 'test', id: 'large' }, large, 0),
    ).rejects.toMatchObject({
      code: 'SB_STATE_TOO_LARGE',
      retryable: false,
    });
  });
});

describe('the publisher', () => {
  it('is not misled by a refusal that carries a stream and a position as a receipt does', async () => {
    const { publisher } = await openNamespace();
    const subject = 'evt.publisher.test.a.happened';
    const expectation = headers();
    expectation.set('Nats-Expected-Last-Subject-Sequence', '99');
    const reply = await connection.request(subject, '{}', { headers: expectation, timeout: 5_000 });
    expect(reply.json()).toMatchObject({
      stream: eventsStream,
      seq: 0,
      error: { err_code: 10_071 },
    });
    const outcome = await publisher.publish({ subject, data: '{}', expectedLastSubjectSeq: 99 });
    expect(outcome).toEqual({ status: 'wrongSequence' });
    await manager.streams.purge(eventsStream);
  });

  it('says which message is too large, and goes on', async () => {
    const { publisher } = await openNamespace();
    const data = new Uint8Array(publisher.maxPayloadBytes + 1);
    await expect(
      publisher.publish({ subject: 'evt.publisher.test.a.large', data }),
    ).rejects.toMatchObject({
      code: 'SB_PROTOCOL',
      retryable: false,
    });
    await expect(
      publisher.publish({ subject: 'evt.publisher.test.a.small', data: '{}' }),
    ).resolves.toMatchObject({
      status: 'stored',
    });
  });

  it('says that a subject has no stream', async () => {
    const { publisher } = await openNamespace();
    await expect(
      publisher.publish({ subject: 'nowhere.at.all', data: '{}' }),
    ).rejects.toMatchObject({
      code: 'SB_NATS_UNAVAILABLE',
      retryable: true,
    });
  });

  it('fails at once, and retryably, while there is no server', async () => {
    const { publisher } = await openNamespace();
    const away = new Promise<void>((resolve) => {
      const unwatch = watchConnection(connection, (change) => {
        if (change !== 'disconnected') return;
        unwatch();
        resolve();
      });
    });
    process.kill(server.pid, 'SIGKILL');
    await away;
    await expect(
      publisher.publish({ subject: 'evt.publisher.test.a.away', data: '{}' }),
    ).rejects.toMatchObject({
      code: 'SB_NATS_UNAVAILABLE',
      retryable: true,
    });
    await vi.waitFor(
      async () => {
        const outcome = await publisher.publish({
          subject: 'evt.publisher.test.a.back',
          data: '{}',
        });
        expect(outcome.status).toBe('stored');
      },
      { timeout: 10_000 },
    );
  });
});
