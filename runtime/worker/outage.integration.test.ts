/** The server is killed while a worker works: nothing is lost, nothing happens twice, and nobody waits for long. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { assign, emit, setup } from 'xstate';
import { z } from 'zod';
import { SignalboxError } from '../contract/errors.ts';
import type { StoredEvent } from '../contract/event.ts';
import { defineActor, effectSource } from '../core/definition.ts';
import { localEffect, poolEffect } from '../core/effect-definition.ts';
import { eventsOf } from '../core/event-source.ts';
import { createRegistry } from '../core/registry.ts';
import { openConnection, watchConnection, type Connection } from '../nats/connection.ts';
import { openStorage, type Storage } from '../nats/open-storage.ts';
import { startTestServer, type TestServer } from '../testing/real-server.ts';
import { silentLog } from './log.ts';
import { systemClock } from './system-clock.ts';
import { createWorker, type Worker } from './worker.ts';

const counter = defineActor({
  kind: 'counter',
  version: 1,
  machine: setup({
    types: { context: {} as { count: number }, events: {} as { type: 'add'; number: number } },
  }).createMachine({
    context: { count: 0 },
    on: {
      add: {
        actions: [
          assign({ count: ({ context }) => context.count + 1 }),
          emit(({ context, event }) => ({
            type: 'added',
            number: event.number,
            count: context.count,
          })),
        ],
      },
    },
  }),
});

const started = { local: 0, pool: 0 };
let release: () => void;
const released = new Promise<void>((resolve) => {
  release = resolve;
});
async function runOnce(which: keyof typeof started): Promise<string> {
  started[which] += 1;
  await released;
  return `${which} done`;
}

/** Both effects must never be repeated: an outage of the store is not a death of the worker. */
const careful = defineActor({
  kind: 'careful',
  version: 1,
  machine: setup({
    actors: { near: effectSource<null, string>(), far: effectSource<null, string>() },
    actions: { tell: emit((_, text: string) => ({ type: 'told', text })) },
  }).createMachine({
    context: {},
    type: 'parallel',
    states: {
      near: {
        invoke: {
          src: 'near',
          input: null,
          onDone: { actions: { type: 'tell', params: ({ event }) => event.output } },
          onError: {
            actions: { type: 'tell', params: ({ event }) => JSON.stringify(event.error) },
          },
        },
      },
      far: {
        invoke: {
          src: 'far',
          input: null,
          onDone: { actions: { type: 'tell', params: ({ event }) => event.output } },
          onError: {
            actions: { type: 'tell', params: ({ event }) => JSON.stringify(event.error) },
          },
        },
      },
    },
  }),
  effects: {
    near: localEffect({
      input: z.null(),
      deadlineMs: 60_000,
      whenUnknown: 'ask',
      run: () => runOnce('local'),
    }),
    far: poolEffect('test', {
      input: z.null(),
      deadlineMs: 60_000,
      whenUnknown: 'ask',
      run: () => runOnce('pool'),
    }),
  },
});

const space = { namespace: 'test', partitionCount: 4 };
const reading = new AbortController();
const events: StoredEvent[] = [];
let server: TestServer;
let connection: Connection;
let storage: Storage;
let worker: Worker;
let readingEnded: Promise<void>;

beforeAll(async () => {
  server = await startTestServer();
  connection = await openConnection({ ...server.connection, name: 'outage test' });
  storage = await openStorage({ connection, space, replicas: 1, log: silentLog });
  worker = createWorker({
    ...space,
    workerId: 'w',
    storage,
    registry: createRegistry([counter, careful]),
    clock: systemClock,
    log: silentLog,
    concurrency: { test: 2 },
  });
  await worker.start();
  readingEnded = collectEvents();
});
afterAll(async () => {
  reading.abort();
  await readingEnded;
  await worker.stop();
  await connection.close();
  await server.stop();
});

async function collectEvents(): Promise<void> {
  for await (const batch of storage.events.read(0, reading.signal)) {
    events.push(...eventsOf(batch));
  }
}

function killServer(): void {
  process.kill(server.pid, 'SIGKILL');
}

/** As the gateway's senders do: the same command again, until there is a receipt. */
async function insist(send: () => Promise<unknown>): Promise<void> {
  await vi.waitFor(
    async () => {
      try {
        await send();
      } catch (error) {
        if (!(error instanceof SignalboxError) || !error.retryable)
          throw new Error('not retryable', { cause: error });
        throw error;
      }
    },
    { timeout: 20_000, interval: 20 },
  );
}

it('applies every command once when the server dies among them', async () => {
  const ids = ['a', 'b', 'c'];
  const perActor = 100;
  for (const id of ids) await storage.commands.start({ kind: 'counter', id }, null, `start-${id}`);
  for (let number = 1; number <= perActor; number += 1) {
    if (number === 30 || number === 70) killServer();
    await Promise.all(
      ids.map((id) =>
        insist(() =>
          storage.commands.deliver(
            { kind: 'counter', id },
            { type: 'add', number },
            `${id}-${number}`,
          ),
        ),
      ),
    );
  }
  const expected = Array.from({ length: perActor }, (_, index) => index + 1);
  await vi.waitFor(
    () => {
      for (const id of ids) {
        const added = events.filter((event) => event.actor === id && event.type === 'added');
        expect(added.map((event) => event.data['count'])).toEqual(expected);
        expect(
          added.map((event) => event.data['number']).sort((x, y) => Number(x) - Number(y)),
        ).toEqual(expected);
      }
    },
    { timeout: 15_000 },
  );
});

it('delivers the results of effects that ended while the server was away, and runs none again', async () => {
  await storage.commands.start({ kind: 'careful', id: 'e' }, null, 'start-e');
  await vi.waitFor(() => {
    expect(started).toEqual({ local: 1, pool: 1 });
  });
  killServer();
  release();
  await vi.waitFor(
    () => {
      const told = events
        .filter((event) => event.actor === 'e')
        .map((event) => JSON.stringify(event.data['text']));
      expect(told.toSorted((a, b) => a.localeCompare(b))).toEqual(['"local done"', '"pool done"']);
    },
    { timeout: 15_000 },
  );
  expect(started).toEqual({ local: 1, pool: 1 });
});

it('takes the next effect soon after the server is back', async () => {
  const reconnected = new Promise<number>((resolve) => {
    const unwatch = watchConnection(connection, (change) => {
      if (change !== 'reconnected') return;
      unwatch();
      resolve(Date.now());
    });
  });
  killServer();
  const backAtMs = await reconnected;
  await insist(() => storage.commands.start({ kind: 'careful', id: 'f' }, null, 'start-f'));
  await vi.waitFor(
    () => {
      expect(started).toEqual({ local: 2, pool: 2 });
    },
    { timeout: 15_000 },
  );
  // A pull that the dead server had would have been waited for, five seconds long.
  expect(Date.now() - backAtMs).toBeLessThan(4_000);
});
