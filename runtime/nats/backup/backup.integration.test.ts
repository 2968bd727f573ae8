/** A backup of a system under load, everything killed, and what goes on after a restore into a new one. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { emit, setup } from 'xstate';
import { z } from 'zod';
import type { StoredEvent } from '../../contract/event.ts';
import { defineActor, effectSource } from '../../core/definition.ts';
import { poolEffect } from '../../core/effect-definition.ts';
import { eventsOf } from '../../core/event-source.ts';
import { createRegistry } from '../../core/registry.ts';
import { scenarioActors } from '../../testing/crash-scenario.ts';
import { startTestServer, type TestServer } from '../../testing/real-server.ts';
import { silentLog } from '../../worker/log.ts';
import { systemClock } from '../../worker/system-clock.ts';
import { createWorker, type Worker } from '../../worker/worker.ts';
import { createWriteGate } from '../../worker/write-gate.ts';
import { openConnection, type Connection } from '../connection.ts';
import { openStorage, type Storage } from '../open-storage.ts';
import { eventsStream } from '../streams.ts';
import { restoreStreams } from './restore-backup.ts';
import { takeBackup, type BackupReport } from './take-backup.ts';
import { answerWorkerRequests } from './worker-requests.ts';

const space = { namespace: 'backup', partitionCount: 3 };
const tallies = ['t0', 't1', 't2', 't3'];
const sleepMs = 2_500;
const maxAhead = 50;

/** Says the name of every command it applies: whoever applies one twice, or never, is seen. */
const tally = defineActor({
  kind: 'tally',
  version: 1,
  machine: setup({
    types: { events: {} as { type: 'add'; name: string } },
  }).createMachine({
    on: { add: { actions: emit(({ event }) => ({ type: 'added', name: event.name })) } },
  }),
});

const sleeper = defineActor({
  kind: 'sleeper',
  version: 1,
  machine: setup({ delays: { sleep: sleepMs } }).createMachine({
    initial: 'asleep',
    states: {
      asleep: { entry: emit({ type: 'fellAsleep' }), after: { sleep: 'awake' } },
      awake: { entry: emit({ type: 'woke' }), type: 'final' },
    },
  }),
});

/** Effects that do not end in the first system: a backup finds them under way. */
let isFirst = true;
const runs: string[] = [];
function endless(whenUnknown: 'retry' | 'ask') {
  return poolEffect('kitchen', {
    input: z.null(),
    deadlineMs: 60_000,
    whenUnknown,
    run: async (_input, { signal }) => {
      runs.push(`${whenUnknown} in the ${isFirst ? 'first' : 'second'}`);
      if (isFirst) await once(signal, 'abort');
      return 'done';
    },
  });
}
function defineEndless(whenUnknown: 'retry' | 'ask') {
  return defineActor({
    kind: `endless-${whenUnknown}`,
    version: 1,
    machine: setup({ actors: { work: effectSource<null, string>() } }).createMachine({
      initial: 'working',
      states: {
        working: {
          invoke: {
            src: 'work',
            input: null,
            onDone: { target: 'ended', actions: emit({ type: 'worked' }) },
            onError: {
              target: 'ended',
              actions: emit(({ event }) => ({ type: 'failed', error: event.error })),
            },
          },
        },
        ended: { type: 'final' },
      },
    }),
    effects: { work: endless(whenUnknown) },
  });
}
const endlessActors = [defineEndless('retry'), defineEndless('ask')];

interface System {
  readonly server: TestServer;
  readonly connection: Connection;
  readonly storage: Storage;
  readonly events: readonly StoredEvent[];
  /** Resolves when more events have been read. */
  more(): Promise<void>;
  start(workerId: string, hears?: boolean): Promise<Worker>;
  stop(): Promise<void>;
}

const opened: System[] = [];
let folder: string;

async function openSystem(restoreFrom?: string): Promise<System> {
  const server = await startTestServer();
  const connection = await openConnection({ ...server.connection, name: 'backup test' });
  if (restoreFrom !== undefined)
    await restoreStreams({ connection, folder: restoreFrom, replicas: 1 });
  const storage = await openStorage({ connection, space, replicas: 1, log: silentLog });
  const events: StoredEvent[] = [];
  let wake = (): void => undefined;
  const reading = new AbortController();
  const ended = (async () => {
    for await (const batch of storage.events.read(0, reading.signal)) {
      events.push(...eventsOf(batch));
      wake();
    }
  })();
  const stops: (() => Promise<void> | void)[] = [];
  const system: System = {
    server,
    connection,
    storage,
    events,
    more: () =>
      new Promise((resolve) => {
        const before = wake;
        wake = () => {
          before();
          resolve();
        };
      }),
    start: async (workerId, hears = true) => {
      const gate = createWriteGate(storage, systemClock);
      const worker = createWorker({
        ...space,
        workerId,
        storage: gate.storage,
        registry: createRegistry([...scenarioActors, ...endlessActors, tally, sleeper]),
        clock: systemClock,
        log: silentLog,
        concurrency: { kitchen: 4 },
      });
      await worker.start();
      stops.push(() => worker.stop());
      const asked = { ...space, workerId, gate, worker };
      if (hears) stops.push(answerWorkerRequests(connection, asked, silentLog));
      return worker;
    },
    stop: async () => {
      for (const stop of stops.splice(0).toReversed()) await stop();
      reading.abort();
      await ended;
      await connection.close();
      await server.stop();
    },
  };
  opened.push(system);
  return system;
}

/** Commands to each tally until told to stop, few of them ahead of what is seen; `acknowledged` grows. */
function startLoad(system: System) {
  const { commands } = system.storage;
  const acknowledged: string[] = [];
  const stopping = new AbortController();
  const { signal } = stopping;
  const run = async (id: string): Promise<void> => {
    for (let number = 0; !signal.aborted; number += 1) {
      const name = `${id}-${number}`;
      await commands.deliver({ kind: 'tally', id }, { type: 'add', name }, name);
      acknowledged.push(name);
      while (!signal.aborted && acknowledged.length - system.events.length > maxAhead) {
        await system.more();
      }
    }
  };
  const running = Promise.all(tallies.map(run));
  return {
    acknowledged,
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

async function until(isSo: () => boolean): Promise<void> {
  await vi.waitFor(() => {
    if (!isSo()) throw new Error('it is not so yet');
  }, settled);
}

const settled = { timeout: 20_000, interval: 50 };
const take = (system: System, name: string): Promise<BackupReport> =>
  takeBackup({
    connection: system.connection,
    ...space,
    version: 'test',
    folder: join(folder, name),
  });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-backup-'));
});
afterAll(async () => {
  for (const system of opened) await system.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('a backup of a system under load', () => {
  const orders = Array.from({ length: 40 }, (_, index) => `o${index}`);
  let before: { readonly acknowledged: readonly string[] };
  let report: BackupReport;
  let restored: System;

  beforeAll(async () => {
    const system = await openSystem();
    const { commands } = system.storage;
    await Promise.all([system.start('one'), system.start('two')]);
    await commands.start({ kind: 'ledger', id: 'main' }, null, 'ledger');
    for (const id of tallies) await commands.start({ kind: 'tally', id }, null, id);
    await commands.start({ kind: 'sleeper', id: 's' }, null, 's');
    const load = startLoad(system);
    await until(() => load.acknowledged.length > 300);
    await Promise.all(orders.map((id) => commands.start({ kind: 'order', id }, null, id)));
    for (const { kind } of endlessActors) await commands.start({ kind, id: 'e' }, null, kind);
    await until(() => runs.length === 2);
    const acknowledged = [...load.acknowledged];
    report = await take(system, 'busy');
    before = { acknowledged };
    await load.stop();
    await system.stop();
    isFirst = false;
    restored = await openSystem(report.folder);
    await restored.start('three');
  }, 60_000);

  it('says what it holds, and whom it held', () => {
    expect(report.workers.toSorted()).toEqual(['one', 'two']);
    expect(report.heldMs).toBeGreaterThan(0);
    const events = report.manifest.streams.find(({ head }) => head.config.name === eventsStream);
    expect(events?.head.state.messages).toBeGreaterThan(100);
  });

  it('restores every command that was acknowledged before it began, once', async () => {
    await vi.waitFor(() => {
      const added = restored.events.filter(({ type }) => type === 'added');
      const names = added.map(({ data }) => data['name']);
      const distinct = new Set(names);
      expect(before.acknowledged.filter((name) => !distinct.has(name))).toEqual([]);
      expect(distinct.size).toBe(names.length);
    }, settled);
    expect(before.acknowledged.length).toBeGreaterThan(300);
  });

  it('lets every effect, child and timer go on, and nothing happen twice', async () => {
    await vi.waitFor(() => {
      const ended = restored.events.filter(({ type }) => type === 'actorEnded');
      const ids = ended.map(({ kind, actor }) => `${kind}/${actor}`);
      const endless = endlessActors.map(({ kind }) => `${kind}/e`);
      const baked = orders.flatMap((id) => [`order/${id}`, `cook/${id}::cook`]);
      expect(ids.toSorted()).toEqual([...baked, ...endless, 'sleeper/s'].toSorted());
      expect(restored.events.filter(({ type }) => type === 'recorded')).toHaveLength(
        2 * orders.length,
      );
    }, settled);
    const ids = restored.events.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(restored.events.filter(({ type }) => type === 'woke')).toHaveLength(1);
  });

  it('repeats an effect that was under way only where that is allowed', () => {
    const repeated = runs.filter((run) => run.endsWith('second'));
    expect([...new Set(repeated)]).toEqual(['retry in the second']);
    const failed = restored.events.find(({ type }) => type === 'failed');
    expect(failed).toMatchObject({
      kind: 'endless-ask',
      data: { error: { code: 'SB_EFFECT_INTERRUPTED' } },
    });
  });

  it('keeps the positions, so that what follows the events goes on where it was', async () => {
    const { streams } = await jetstreamManager(restored.connection);
    const { state } = await streams.info(eventsStream);
    const copied = report.manifest.streams.find(({ head }) => head.config.name === eventsStream);
    expect(state.first_seq).toBe(copied?.head.state.first_seq);
    expect(restored.events.map(({ seq }) => seq)).toEqual(
      restored.events.map(({ seq }) => seq).toSorted((a, b) => a - b),
    );
  });

  it('is refused by a system that holds something', async () => {
    await expect(
      restoreStreams({ connection: restored.connection, folder: report.folder, replicas: 1 }),
    ).rejects.toMatchObject({ code: 'SB_SYSTEM_NOT_EMPTY' });
  });

  it('never replaces another', async () => {
    await expect(take(restored, 'busy')).rejects.toMatchObject({ code: 'SB_INPUT_INVALID' });
  });

  it('is refused when a byte of it is not as it was, before anything is touched', async () => {
    const system = await openSystem();
    const { streams } = await jetstreamManager(system.connection);
    const listed = await streams.names().next();
    const files = (await readdir(report.folder)).filter((name) => name !== 'manifest.json');
    const restore = () =>
      restoreStreams({ connection: system.connection, folder: report.folder, replicas: 1 });
    const [file = ''] = files.filter((name) => name.startsWith('STATE_'));
    await appendFile(join(report.folder, file), 'x');
    await expect(restore()).rejects.toMatchObject({ code: 'SB_BACKUP_INVALID' });
    await rm(join(report.folder, file));
    await expect(restore()).rejects.toMatchObject({ code: 'SB_BACKUP_INVALID' });
    const manifest = join(report.folder, 'manifest.json');
    await writeFile(
      manifest,
      (await readFile(manifest, 'utf8')).replace('"last_seq": 1', '"last_seq": 2'),
    );
    await expect(restore()).rejects.toMatchObject({ code: 'SB_BACKUP_INVALID' });
    expect(await streams.names().next()).toEqual(listed);
  });
});

it('no backup is taken while a worker goes on that has not heard of the hold', async () => {
  const system = await openSystem();
  await system.start('deaf', false);
  for (const id of tallies) await system.storage.commands.start({ kind: 'tally', id }, null, id);
  const load = startLoad(system);
  await until(() => load.acknowledged.length > 100);
  const name = `never-${randomUUID()}`;
  await expect(take(system, name)).rejects.toMatchObject({ code: 'SB_BACKUP_UNSETTLED' });
  await load.stop();
  expect((await readdir(folder)).filter((file) => file.startsWith(name))).toEqual([]);
});
