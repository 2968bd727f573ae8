/** Time on a real server: a schedule of every second over a restart, and a timer whose stored message was purged. */
import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { setup } from 'xstate';
import { z } from 'zod';
import type { ActorAddress } from '../contract/address.ts';
import { defaultPartitionCount, partitionOf } from '../contract/subjects.ts';
import { defineActor } from '../core/definition.ts';
import { createRegistry } from '../core/registry.ts';
import type { StoredEvent } from '../contract/event.ts';
import { eventsOf } from '../core/event-source.ts';
import { openConnection, type Connection } from '../nats/connection.ts';
import { openStorage, type Storage } from '../nats/open-storage.ts';
import { startTestServer, type TestServer } from '../testing/real-server.ts';
import { silentLog } from '../worker/log.ts';
import { systemClock } from '../worker/system-clock.ts';
import { createWorker, type Worker } from '../worker/worker.ts';
import { defineSchedule } from './schedule.actor.ts';

const tick = defineActor({
  kind: 'tick',
  version: 1,
  machine: setup({}).createMachine({ initial: 'over', states: { over: { type: 'final' } } }),
});
const sleeper = defineActor({
  kind: 'sleeper',
  version: 1,
  machine: setup({
    types: { events: {} as { type: 'poke' } },
    delays: { anHour: 3_600_000 },
  }).createMachine({
    initial: 'asleep',
    states: { asleep: { after: { anHour: 'awake' } }, awake: {} },
  }),
});
const registry = createRegistry([defineSchedule({ targets: ['tick'] }), tick, sleeper]);

let server: TestServer;
let connection: Connection;
let storage: Storage;
const events: StoredEvent[] = [];
const reading = new AbortController();
let read: Promise<void>;

beforeAll(async () => {
  server = await startTestServer();
  connection = await openConnection({ ...server.connection, name: 'schedules' });
  const space = { namespace: 'test', partitionCount: defaultPartitionCount };
  storage = await openStorage({ connection, space, replicas: 1, log: silentLog });
  const collect = async (): Promise<void> => {
    for await (const batch of storage.events.read(0, reading.signal))
      events.push(...eventsOf(batch));
  };
  read = collect();
});
afterAll(async () => {
  reading.abort();
  await read;
  await connection.close();
  await server.stop();
});

/** The same id each time: the partitions are free for it at once. */
async function startWorker(): Promise<Worker> {
  const worker = createWorker({
    namespace: 'test',
    partitionCount: defaultPartitionCount,
    workerId: 'worker',
    registry,
    storage,
    clock: systemClock,
    log: silentLog,
    concurrency: {},
  });
  await worker.start();
  return worker;
}

const started = (): readonly string[] =>
  events
    .filter(({ type }) => type === 'occurrenceStarted')
    .map(({ data }) => z.string().parse(data['occurrence']));

async function untilStarted(count: number): Promise<void> {
  await vi.waitFor(
    () => {
      expect(started().length).toBeGreaterThanOrEqual(count);
    },
    { timeout: 10_000, interval: 20 },
  );
}

it('starts an actor every second, each once, over a restart of the worker', async () => {
  const address: ActorAddress = { kind: 'schedule', id: 'seconds' };
  const first = await startWorker();
  await storage.commands.start(address, { cron: '* * * * * *', target: 'tick' }, 'start');
  await untilStarted(2);
  await first.stop();
  const before = started().length;
  const second = await startWorker();
  await untilStarted(before + 2);
  await storage.commands.deliver(address, { type: 'remove' }, 'remove');
  await vi.waitFor(() => {
    expect(events.map(({ type }) => type)).toContain('scheduleRemoved');
  });
  const ended = (): readonly string[] =>
    events
      .filter(({ kind, type }) => kind === 'tick' && type === 'actorEnded')
      .map(({ actor }) => actor);
  await vi.waitFor(() => {
    expect(ended().toSorted()).toEqual(started().map((name) => `seconds::${name}`));
  });
  await second.stop();
  expect(new Set(started()).size).toBe(started().length);
  expect(started()).toEqual(started().toSorted());
});

it('stores a timer again that was purged, as soon as its actor is loaded by a later worker', async () => {
  const address: ActorAddress = { kind: 'sleeper', id: 'purged' };
  const timerId = 'xstate.after.anHour.(machine).asleep';
  const first = await startWorker();
  await storage.commands.start(address, null, 'start');
  await vi.waitFor(async () => {
    expect(await storage.timers.find(address, timerId)).toBeDefined();
  });
  const atMs = await storage.timers.find(address, timerId);
  await first.stop();
  const manager = await jetstreamManager(connection);
  const partition = partitionOf(address, defaultPartitionCount);
  await manager.streams.purge(`INBOX_${partition}`, { filter: `tm.${partition}.>` });
  expect(await storage.timers.find(address, timerId)).toBeUndefined();
  const second = await startWorker();
  await storage.commands.deliver(address, { type: 'poke' }, 'poke');
  await vi.waitFor(async () => {
    expect(await storage.timers.find(address, timerId)).toBe(atMs);
  });
  await second.stop();
});
