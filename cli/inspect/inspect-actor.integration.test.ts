/** What `actor show` and `top` read, from a real nats-server with an actor that does some of everything. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { assign, emit, setup } from 'xstate';
import { z } from 'zod';
import { childSource, defineActor, effectSource } from '../../runtime/core/definition.ts';
import { poolEffect } from '../../runtime/core/effect-definition.ts';
import { createRegistry } from '../../runtime/core/registry.ts';
import { openConnection, type Connection } from '../../runtime/nats/connection.ts';
import { openClientStorage, type ClientStorage } from '../../runtime/nats/open-client-storage.ts';
import { openStorage } from '../../runtime/nats/open-storage.ts';
import { listenForWorkerReports } from '../../runtime/nats/worker-reports.ts';
import { startTestServer, type TestServer } from '../../runtime/testing/real-server.ts';
import { systemClock } from '../../runtime/worker/system-clock.ts';
import type { WorkerReport } from '../../runtime/contract/worker-report.ts';
import type { SystemLog } from '../system/log.ts';
import { createWatchedWorker, type WatchedWorker } from '../system/watched-worker.ts';
import { describeActor } from './describe-actor.ts';
import { addAttempts, inspectActor, type ActorView } from './inspect-actor.ts';
import { describeTop } from './describe-top.ts';
import { viewTop } from './top-view.ts';

const space = { namespace: 'inspected', partitionCount: 2 };
const address = { kind: 'job', id: 'j1' };
const hour = 3_600_000;

const kid = defineActor({
  kind: 'kid',
  version: 1,
  machine: setup({}).createMachine({ initial: 'waiting', states: { waiting: {} } }),
});

const job = defineActor({
  kind: 'job',
  version: 3,
  machine: setup({
    types: {
      context: {} as { notes: string[] },
      events: {} as { type: 'note'; text: string } | { type: 'go' },
    },
    actors: { fetch: effectSource<null, null>(), kid: childSource<null, null>() },
    delays: { patience: hour },
  }).createMachine({
    context: { notes: [] },
    initial: 'idle',
    on: {
      note: {
        actions: [
          assign({ notes: ({ context, event }) => [...context.notes, event.text] }),
          emit({ type: 'noted' }),
        ],
      },
    },
    states: {
      idle: { on: { go: 'busy' } },
      busy: {
        initial: 'fetching',
        invoke: [
          { src: 'fetch', input: null },
          { src: 'kid', id: 'helper', input: null },
        ],
        after: { patience: 'idle' },
        states: { fetching: {} },
      },
    },
  }),
  effects: {
    fetch: poolEffect('net', {
      input: z.null(),
      deadlineMs: hour,
      whenUnknown: 'retry',
      run: async (_, { step, signal }) => {
        await step('dial', async () => 'dialled');
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reject(new Error('cut'));
          });
        });
      },
    }),
  },
  children: { kid: 'kid' },
});

const log: SystemLog = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  progress: () => undefined,
  hide: () => undefined,
  with: () => log,
};

let server: TestServer;
let connection: Connection;
let worker: WatchedWorker;
let client: ClientStorage;
const reports = new Map<string, WorkerReport>();

beforeAll(async () => {
  server = await startTestServer();
  connection = await openConnection({ ...server.connection, name: 'inspected' });
  const storage = await openStorage({ connection, space, replicas: 1, log });
  listenForWorkerReports(connection, space.namespace, (report) => {
    reports.set(report.workerId, report);
  });
  worker = createWatchedWorker({
    ...space,
    connection,
    workerId: 'w1',
    storage,
    log,
    registry: createRegistry([job, kid]),
    clock: systemClock,
    concurrency: { net: 2 },
  });
  await worker.start();
  client = await openClientStorage(connection, space, log);
  await client.commands.start(address, null, 'begin');
  for (const text of ['one', 'two', 'x'.repeat(500)])
    await client.commands.deliver(address, { type: 'note', text }, `note-${text.slice(0, 3)}`);
  await client.commands.deliver(address, { type: 'go' }, 'go');
});

afterAll(async () => {
  await worker.stop();
  await connection.close();
  await server.stop();
});

const look = (): Promise<ActorView> => inspectActor(client, address, space.partitionCount);

describe('an actor', () => {
  it('is shown with what it waits for and what its effects have noted', async () => {
    const view = await vi.waitFor(
      async () => {
        const seen = await look();
        expect(seen.standing?.effects).toMatchObject([{ steps: ['dial'] }]);
        return seen;
      },
      { timeout: 5_000 },
    );
    expect(view).toMatchObject({ address: 'job/j1', unreadable: null, quarantine: null });
    expect(view.standing).toMatchObject({
      state: 'busy.fetching',
      status: 'active',
      machine: { kind: 'job', version: 3 },
      parent: null,
      children: [{ name: 'helper', address: 'kid/j1::helper' }],
      effects: [{ source: 'fetch', runs: 'net' }],
    });
    expect(view.standing?.timers).toHaveLength(1);
    expect(view.waiting).toEqual([]);
    const [last] = view.commits;
    expect(last?.causes).toContain('go');
    expect(last?.outbox).toEqual(
      expect.arrayContaining(['effect fetch in pool net', 'start of kid/j1::helper']),
    );
  });

  it('is described with times from now, and long values cut unless all is asked for', async () => {
    const view = await look();
    const nowMs = Date.parse(view.standing?.at ?? '') + 60_000;
    const short = describeActor(view, { address, nowMs, full: false });
    expect(short).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^state {4}busy\.fetching, since .* \(1 min ago\)$/u),
        expect.stringMatching(/^timer {4}.* \(in 59 min\)$/u),
        expect.stringMatching(/^effect {3}fetch, pool net, for 1 min, done: dial$/u),
        'child    helper: kid/j1::helper',
        'inbox    empty',
        '  Long values are cut; --full shows all of them.',
      ]),
    );
    expect(short.join('\n')).not.toContain('x'.repeat(201));
    expect(describeActor(view, { address, nowMs, full: true }).join('\n')).toContain(
      'x'.repeat(500),
    );
  });

  it('that nobody has heard of is not found', async () => {
    await expect(
      inspectActor(client, { kind: 'job', id: 'nobody' }, space.partitionCount),
    ).rejects.toMatchObject({ code: 'SB_NOT_FOUND' });
  });
});

describe('the workers', () => {
  it('report by themselves, and the queue tells the rest', async () => {
    await vi.waitFor(
      () => {
        expect(reports.get('w1')?.slowest).toHaveLength(1);
      },
      { timeout: 5_000 },
    );
    const view = viewTop({
      reports: [...reports.values()],
      backlog: await client.poolBacklog(),
      deadLetters: 0,
      partitionCount: space.partitionCount,
      nowMs: Date.now(),
    });
    expect(view.partitions).toMatchObject([
      { worker: 'w1', lag: 0 },
      { worker: 'w1', lag: 0 },
    ]);
    expect(view.pools).toEqual([{ pool: 'net', running: 1, concurrency: 2, queued: 0 }]);
    expect(view.slowest).toMatchObject([{ source: 'fetch', actor: address, worker: 'w1' }]);
    const shown = addAttempts(await look(), reports.values());
    expect(shown.standing?.effects).toMatchObject([{ attempt: { number: 1, worker: 'w1' } }]);
    expect(describeActor(shown, { address, nowMs: Date.now(), full: false }).join('\n')).toMatch(
      /attempt 1 runs for \d+ m?s on worker w1/u,
    );
    expect(describeTop(view).at(-1)).toMatch(/^fetch .* net +job\/j1$/u);
  });
});

/** Last: nobody takes commands any more. */
describe('an actor whose worker is gone', () => {
  it('is still shown, with the commands that wait for it', async () => {
    await worker.stop();
    await client.commands.deliver(address, { type: 'note', text: 'late' }, 'late-1');
    const view = await look();
    expect(view.waiting).toMatchObject([{ command: 'note', id: 'late-1' }]);
    const lines = describeActor(view, { address, nowMs: Date.now(), full: false });
    expect(lines).toContainEqual('inbox    1 not applied yet');
    await client.commands.start({ kind: 'job', id: 'j2' }, null, 'begin-2');
    const unborn = await inspectActor(client, { kind: 'job', id: 'j2' }, space.partitionCount);
    expect(unborn.standing).toBeNull();
    expect(describeActor(unborn, { address, nowMs: Date.now(), full: false })).toContain(
      'state    none yet: nothing was applied',
    );
  });
});
