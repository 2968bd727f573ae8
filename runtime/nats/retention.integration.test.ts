/** How long things are kept, on a real server: what the settings do to the streams, and what is left of who has ended. */
import { randomUUID } from 'node:crypto';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { emit, setup } from 'xstate';
import type { StoredEvent } from '../contract/event.ts';
import { stateSubject } from '../contract/subjects.ts';
import { defineActor } from '../core/definition.ts';
import { eventsOf } from '../core/event-source.ts';
import { createRegistry } from '../core/registry.ts';
import { startTestServer, type TestServer } from '../testing/real-server.ts';
import { silentLog } from '../worker/log.ts';
import { systemClock } from '../worker/system-clock.ts';
import { createWorker, type Worker } from '../worker/worker.ts';
import { openConnection, type Connection } from './connection.ts';
import { openStorage, type Storage } from './open-storage.ts';
import { defaultRetention, toMaxAgeNs } from './retention.ts';
import { readStreamUse } from './stream-use.ts';
import { eventsStream, journalStream, stateStream } from './streams.ts';

const space = { namespace: 'keep', partitionCount: 1 };
const note = defineActor({
  kind: 'note',
  version: 1,
  machine: setup({
    types: {
      context: {} as { text: string },
      events: {} as { type: 'close' },
      input: {} as { text: string },
    },
  }).createMachine({
    context: ({ input }) => ({ text: input.text }),
    initial: 'open',
    states: {
      open: { entry: emit({ type: 'opened' }), on: { close: 'closed' } },
      closed: { type: 'final' },
    },
  }),
});

let server: TestServer;
let connection: Connection;
let manager: JetStreamManager;
let storage: Storage;
let worker: Worker;
const events: StoredEvent[] = [];
const reading = new AbortController();
let readingEnded: Promise<void>;

beforeAll(async () => {
  server = await startTestServer();
  connection = await openConnection({ ...server.connection, name: 'retention test' });
  manager = await jetstreamManager(connection);
  storage = await openStorage({ connection, space, replicas: 1, log: silentLog });
  worker = createWorker({
    ...space,
    workerId: 'keeper',
    storage,
    registry: createRegistry([note]),
    clock: systemClock,
    log: silentLog,
    concurrency: {},
  });
  await worker.start();
  readingEnded = collect();
});
afterAll(async () => {
  await worker.stop();
  reading.abort();
  await readingEnded;
  await connection.close();
  await server.stop();
});

async function collect(): Promise<void> {
  for await (const batch of storage.events.read(0, reading.signal)) events.push(...eventsOf(batch));
}

async function untilTold(id: string, type: string, times = 1): Promise<void> {
  await vi.waitFor(
    () => {
      const told = events.filter((event) => event.actor === id && event.type === type);
      expect(told).toHaveLength(times);
    },
    { timeout: 10_000, interval: 20 },
  );
}

const addressOf = (id: string) => ({ kind: 'note', id });
async function open(id: string): Promise<void> {
  await storage.commands.start(addressOf(id), { text: 'x'.repeat(20_000) }, `open-${id}`);
  await untilTold(id, 'opened');
}
async function close(id: string): Promise<void> {
  await storage.commands.deliver(addressOf(id), { type: 'close' }, randomUUID());
  await untilTold(id, 'actorEnded');
}
const say = (session: string): Promise<void> =>
  storage.transcripts.append([
    {
      v: 1,
      id: `${session}-1`,
      session,
      at: new Date().toISOString(),
      item: { type: 'prompt', source: 'step', text: 'Go on.' },
    },
  ]);

it('the streams keep what the settings say, and are changed when those change', async () => {
  const ages = async () =>
    Promise.all(
      [eventsStream, journalStream].map(async (name) => {
        const { config } = await manager.streams.info(name);
        return config.max_age;
      }),
    );
  expect(await ages()).toEqual([
    toMaxAgeNs(defaultRetention.eventsDays),
    toMaxAgeNs(defaultRetention.journalDays),
  ]);
  const retention = { ...defaultRetention, eventsDays: 7, journalDays: 0 };
  await openStorage({ connection, space, replicas: 1, log: silentLog, retention });
  expect(await ages()).toEqual([toMaxAgeNs(7), 0]);
  const uses = await readStreamUse(manager, space.partitionCount);
  const kept = new Map(uses.map((use) => [use.name, use.kept]));
  expect([kept.get(eventsStream), kept.get(journalStream)]).toEqual(['7 days', 'for ever']);
});

it('what lies in the streams can be seen', async () => {
  await open('seen');
  const use = (await readStreamUse(manager, 1)).find(({ name }) => name === 'STATE');
  expect(use).toMatchObject({ streams: 1, messages: 1 });
  expect(use?.bytes).toBeGreaterThan(20_000);
  expect(Date.parse(use?.oldest ?? '')).toBeLessThanOrEqual(Date.now());
});

describe('an actor that has ended', () => {
  const shrink = (beforeMs: number) =>
    storage.shrinkEndedActors(beforeMs, new AbortController().signal);
  const bytes = async (id: string): Promise<number> => {
    const subject = stateSubject(space, addressOf(id));
    const message = await manager.streams.getMessage(stateStream(0), { last_by_subj: subject });
    return message?.data.length ?? 0;
  };

  beforeAll(async () => {
    await Promise.all([open('ended'), open('going')]);
    await Promise.all([say('ended'), say('going')]);
    await close('ended');
    await worker.saveCheckpoints();
  });

  it('keeps everything until its time has come', async () => {
    expect(await shrink(Date.now() - 60_000)).toBe(0);
    expect(await bytes('ended')).toBeGreaterThan(20_000);
  });

  it('is made small then, once; who goes on is left alone', async () => {
    expect(await shrink(Date.now() + 60_000)).toBe(1);
    expect(await shrink(Date.now() + 60_000)).toBe(0);
    expect(await bytes('ended')).toBeLessThan(500);
    expect(await bytes('going')).toBeGreaterThan(20_000);
    const { state } = await manager.streams.info(stateStream(0), {
      subjects_filter: stateSubject(space, addressOf('ended')),
    });
    expect(Object.values(state.subjects ?? {})).toEqual([1]);
    expect(await storage.transcripts.read('ended')).toEqual([]);
    expect(await storage.transcripts.read('going')).toHaveLength(1);
  });

  it('is still known: a late command is refused, and a late start makes nobody', async () => {
    await worker.stop();
    worker = createWorker({
      ...space,
      workerId: 'keeper',
      storage,
      registry: createRegistry([note]),
      clock: systemClock,
      log: silentLog,
      concurrency: {},
    });
    await worker.start();
    await storage.commands.start(addressOf('ended'), { text: 'again' }, 'open-again');
    await storage.commands.deliver(addressOf('ended'), { type: 'close' }, 'late');
    await untilTold('ended', 'commandRefused');
    const refused = events.find(({ type }) => type === 'commandRefused');
    expect(refused).toMatchObject({ state: 'closed', data: { reason: 'the actor has ended' } });
    expect(events.filter(({ actor, type }) => actor === 'ended' && type === 'opened')).toHaveLength(
      1,
    );
    await close('going');
  });
});
