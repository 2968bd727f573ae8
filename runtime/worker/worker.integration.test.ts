/** The worker on a real nats-server: commits, relay, timers, effects, children, resume after a crash. */
import type { NatsConnection } from '@nats-io/nats-core';
import { jetstream } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { assign, emit, setup } from 'xstate';
import { z } from 'zod';
import { eventMessageSchema, unpackEvents, type StoredEvent } from '../contract/event.ts';
import { childSource, defineActor, effectSource } from '../core/definition.ts';
import { localEffect, poolEffect } from '../core/effect-definition.ts';
import { createRegistry } from '../core/registry.ts';
import { sendCommand } from '../core/send-command.ts';
import { openConnection } from '../nats/connection.ts';
import { openStorage, type Storage } from '../nats/open-storage.ts';
import { startTestServer, type TestServer } from '../testing/real-server.ts';
import { silentLog } from './log.ts';
import { systemClock } from './system-clock.ts';
import { createWorker, type Worker } from './worker.ts';

const runs = { local: 0, pool: 0, asked: 0 };

const counter = defineActor({
  kind: 'counter',
  version: 1,
  machine: setup({
    types: {
      context: {} as { count: number },
      events: {} as { type: 'add'; by: number } | { type: 'finish' } | { type: 'fail' },
      input: {} as { from: number },
      output: {} as { count: number },
      emitted: {} as { type: 'counted'; count: number },
    },
  }).createMachine({
    context: ({ input }) => ({ count: input.from }),
    initial: 'counting',
    output: ({ context }) => ({ count: context.count }),
    states: {
      counting: {
        on: {
          add: {
            actions: [
              assign({ count: ({ context, event }) => context.count + event.by }),
              emit(({ context }) => ({ type: 'counted', count: context.count })),
            ],
          },
          finish: 'finished',
          fail: {
            actions: assign(() => {
              throw new Error('poison');
            }),
          },
        },
      },
      finished: { type: 'final' },
    },
  }),
});

const effects = defineActor({
  kind: 'effects',
  version: 1,
  machine: setup({
    types: { context: {} as { seen: string[] }, input: {} as { wait: number } },
    actors: {
      near: effectSource<{ text: string }, string>(),
      far: effectSource<{ text: string }, string>(),
      asked: effectSource<{ text: string }, string>(),
    },
    delays: { pause: 300 },
  }).createMachine({
    context: { seen: [] },
    initial: 'near',
    states: {
      near: {
        invoke: {
          src: 'near',
          input: { text: 'near' },
          onDone: {
            target: 'far',
            actions: assign({ seen: ({ context, event }) => [...context.seen, event.output] }),
          },
        },
      },
      far: {
        invoke: {
          src: 'far',
          input: { text: 'far' },
          onDone: {
            target: 'pausing',
            actions: assign({ seen: ({ context, event }) => [...context.seen, event.output] }),
          },
        },
      },
      pausing: { after: { pause: 'asking' } },
      asking: {
        invoke: {
          src: 'asked',
          input: { text: 'asked' },
          onDone: {
            target: 'ended',
            actions: assign({ seen: ({ context, event }) => [...context.seen, event.output] }),
          },
          onError: {
            target: 'ended',
            actions: assign({
              seen: ({ context, event }) => [
                ...context.seen,
                (event.error as { code: string }).code,
              ],
            }),
          },
        },
      },
      ended: {
        entry: emit(({ context }) => ({ type: 'ended', seen: context.seen })),
        type: 'final',
      },
    },
  }),
  effects: {
    near: localEffect({
      input: z.object({ text: z.string() }),
      deadlineMs: 5_000,
      whenUnknown: 'retry',
      run: async ({ text }) => {
        runs.local += 1;
        return `local ${text}`;
      },
    }),
    far: poolEffect('test', {
      input: z.object({ text: z.string() }),
      deadlineMs: 5_000,
      whenUnknown: 'retry',
      run: async ({ text }, { step }) => {
        runs.pool += 1;
        return step('once', async () => `pool ${text}`);
      },
    }),
    asked: poolEffect('test', {
      input: z.object({ text: z.string() }),
      deadlineMs: 60_000,
      whenUnknown: 'ask',
      run: ({ text }, { signal }) => {
        runs.asked += 1;
        if (runs.asked > 1) return Promise.resolve(`pool ${text}`);
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            reject(new Error('aborted'));
          });
        });
      },
    }),
  },
});

const parent = defineActor({
  kind: 'parent',
  version: 1,
  machine: setup({
    types: { context: {} as { total: number }, events: {} as { type: 'go' } },
    actors: { tally: childSource<{ from: number }, { count: number }>() },
    actions: { sendCommand },
  }).createMachine({
    context: { total: 0 },
    initial: 'waiting',
    states: {
      waiting: {
        invoke: {
          src: 'tally',
          id: 'tally',
          input: { from: 40 },
          onDone: {
            target: 'ended',
            actions: assign({ total: ({ event }) => event.output.count }),
          },
        },
        on: {
          go: {
            actions: [
              {
                type: 'sendCommand',
                params: {
                  to: { kind: 'counter', id: 'p::tally' },
                  command: { type: 'add', by: 2 },
                },
              },
              {
                type: 'sendCommand',
                params: { to: { kind: 'counter', id: 'p::tally' }, command: { type: 'finish' } },
              },
            ],
          },
        },
      },
      ended: {
        entry: emit(({ context }) => ({ type: 'summed', total: context.total })),
        type: 'final',
      },
    },
  }),
  children: { tally: 'counter' },
});

let server: TestServer;
let connection: NatsConnection;
let storage: Storage;
let worker: Worker;
const events: StoredEvent[] = [];
const space = { namespace: 'test', partitionCount: 4 };

async function startWorker(workerId: string): Promise<Worker> {
  storage = await openStorage({ connection, space, replicas: 1, log: silentLog });
  const started = createWorker({
    ...space,
    workerId,
    storage,
    registry: createRegistry([counter, effects, parent]),
    clock: systemClock,
    log: silentLog,
    concurrency: { test: 2 },
  });
  await started.start();
  return started;
}

function seen(type: string, actor: string): StoredEvent | undefined {
  return events.find((event) => event.type === type && event.actor === actor);
}

beforeAll(async () => {
  server = await startTestServer();
  connection = await openConnection({ ...server.connection, name: 'test' });
  worker = await startWorker('first');
  const consumer = await jetstream(connection).consumers.get('EVENTS', {
    filter_subjects: 'evt.>',
  });
  await consumer.consume({
    callback: (message) => {
      const stored = { ...eventMessageSchema.parse(message.json()), seq: message.seq };
      events.push(...unpackEvents(stored));
    },
  });
});

afterAll(async () => {
  await worker.stop();
  await connection.close();
  await server.stop();
});

describe('a worker', () => {
  it('applies commands in order and emits events once', async () => {
    await storage.commands.start({ kind: 'counter', id: 'a' }, { from: 1 }, 'a-start');
    for (let by = 1; by <= 20; by += 1) {
      await storage.commands.deliver({ kind: 'counter', id: 'a' }, { type: 'add', by }, `a-${by}`);
    }
    await storage.commands.deliver({ kind: 'counter', id: 'a' }, { type: 'add', by: 1 }, 'a-1');
    await vi.waitFor(() => {
      const counts = events
        .filter((event) => event.actor === 'a')
        .map((event) => event.data['count']);
      expect(counts).toEqual(Array.from({ length: 20 }, (_, i) => 1 + ((i + 1) * (i + 2)) / 2));
    });
  });

  it('sets a poisonous command aside and goes on', async () => {
    await storage.commands.start({ kind: 'counter', id: 'b' }, { from: 0 }, 'b-start');
    await storage.commands.deliver({ kind: 'counter', id: 'b' }, { type: 'fail' }, 'b-fail');
    await storage.commands.deliver({ kind: 'counter', id: 'b' }, { type: 'add', by: 5 }, 'b-add');
    await vi.waitFor(() => {
      expect(seen('commandDeadLettered', 'b')?.data['error']).toBe('poison');
      expect(seen('counted', 'b')?.data['count']).toBe(5);
    });
  });

  it('refuses commands to actors that do not exist', async () => {
    await storage.commands.deliver(
      { kind: 'counter', id: 'nobody' },
      { type: 'add', by: 1 },
      'nobody-1',
    );
    await vi.waitFor(() => {
      expect(seen('commandRefused', 'nobody')?.data['reason']).toBe('there is no such actor');
    });
  });

  it('runs children and hears of their end', async () => {
    await storage.commands.start({ kind: 'parent', id: 'p' }, null, 'p-start');
    await storage.commands.deliver({ kind: 'parent', id: 'p' }, { type: 'go' }, 'p-go');
    await vi.waitFor(() => {
      expect(seen('summed', 'p')?.data['total']).toBe(42);
    });
  });

  it('runs local and pool effects and timers, and asks after a crash', async () => {
    await storage.commands.start({ kind: 'effects', id: 'e' }, { wait: 1 }, 'e-start');
    await vi.waitFor(() => {
      expect(runs.asked).toBe(1);
    }, 5_000);
    await worker.stop();
    worker = await startWorker('second');
    await vi.waitFor(() => {
      expect(seen('ended', 'e')?.data['seen']).toEqual([
        'local near',
        'pool far',
        'SB_EFFECT_INTERRUPTED',
      ]);
    }, 10_000);
    expect(runs).toEqual({ local: 1, pool: 1, asked: 1 });
  });
});
