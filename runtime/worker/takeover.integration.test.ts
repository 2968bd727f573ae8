/**
 * Workers in processes of their own on one real server: one is killed with -9, one is paused until another has taken
 * over, one is asked to stop, while commands come all the time. Every command is applied exactly once.
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setInterval } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { ActorAddress } from '../contract/address.ts';
import { partitionOf } from '../contract/subjects.ts';
import { openConnection, type Connection } from '../nats/connection.ts';
import { openStorage, type Storage } from '../nats/open-storage.ts';
import { startTestServer, type TestServer } from '../testing/real-server.ts';
import { startTypeScript } from '../testing/typescript-program.ts';
import type { WorkerProgram } from '../testing/worker-program.ts';
import { silentLog } from './log.ts';

const space = { namespace: 'takeover', partitionCount: 6 };
const actorCount = 24;
const sendEveryMs = 25;
/** A dead worker's entry ends after five seconds; the server may be a second late with it. */
const takeoverLimitMs = 10_000;

interface WorkerProcess {
  readonly workerId: string;
  readonly lines: string[];
  readonly ended: Promise<unknown>;
  signal(signal: NodeJS.Signals): void;
}

let server: TestServer;
let connection: Connection;
let storage: Storage;
const processes: WorkerProcess[] = [];
const sending = new AbortController();

beforeAll(async () => {
  server = await startTestServer();
  connection = await openConnection({ ...server.connection, name: 'takeover test' });
  storage = await openStorage({ connection, space, replicas: 1, log: silentLog });
});
afterAll(async () => {
  sending.abort();
  for (const process of processes) process.signal('SIGKILL');
  await Promise.all(processes.map(({ ended }) => ended));
  await connection.close();
  await server.stop();
});

async function startWorker(workerId: string, pauses = false): Promise<WorkerProcess> {
  const { url, user, password } = server.connection;
  const program: WorkerProgram = {
    connection: { url, user, password },
    ...space,
    workerId,
    pauses,
  };
  const child = startTypeScript(`
    const { runWorker } = await load('runtime/testing/worker-program.ts');
    await runWorker(${JSON.stringify(program)});
  `);
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  const started: WorkerProcess = {
    workerId,
    lines,
    ended: once(child, 'exit'),
    signal: (signal) => {
      child.kill(signal);
    },
  };
  processes.push(started);
  await vi.waitFor(
    () => {
      expect(lines).toContain('ready');
    },
    { timeout: 20_000, interval: 50 },
  );
  return started;
}

/** Until the partitions are held by these workers, in equal shares. */
async function untilHeldBy(timeout: number, ...holders: readonly WorkerProcess[]): Promise<void> {
  await vi.waitFor(
    async () => {
      const { claims } = await storage.leases.read();
      const held = holders.map(
        ({ workerId }) =>
          [...claims.values()].filter((claim) => claim.workerId === workerId).length,
      );
      expect(held).toEqual(holders.map(() => space.partitionCount / holders.length));
    },
    { timeout, interval: 100 },
  );
}

const addressOf = (index: number): ActorAddress => ({ kind: 'ledger', id: `l${index}` });

async function findActorOf({ workerId }: WorkerProcess): Promise<ActorAddress> {
  const { claims } = await storage.leases.read();
  const addresses = Array.from({ length: actorCount }, (_, index) => addressOf(index));
  const found = addresses.find(
    (address) => claims.get(partitionOf(address, space.partitionCount))?.workerId === workerId,
  );
  if (found === undefined) throw new Error(`no actor is hosted by ${workerId}`);
  return found;
}

/** One command to each actor after the other, each acknowledged, until told to stop; how many each has got. */
async function sendCommands(): Promise<number> {
  let round = 0;
  for await (const _ of setInterval(sendEveryMs)) {
    round += 1;
    const entry = round;
    await Promise.all(
      Array.from({ length: actorCount }, (_unused, index) =>
        storage.commands.deliver(addressOf(index), { type: 'enter', entry }, `e${entry}`),
      ),
    );
    if (sending.signal.aborted) break;
  }
  return round;
}

async function entriesOf(index: number): Promise<unknown> {
  const stored = await storage.commits.load(addressOf(index));
  return stored?.status === 'stored' ? stored.commit.snapshot : undefined;
}

it('takes over from the dead and the paused, and applies every command once', async () => {
  const [killed, paused, survivor] = await Promise.all([
    startWorker('killed'),
    startWorker('paused', true),
    startWorker('survivor'),
  ] as const);
  for (let index = 0; index < actorCount; index += 1) {
    await storage.commands.start(addressOf(index), null, 'start');
  }
  await untilHeldBy(takeoverLimitMs, killed, paused, survivor);
  const sent = sendCommands();

  killed.signal('SIGKILL');
  const address = await findActorOf(paused);
  await storage.commands.deliver(address, { type: 'pause' }, 'pause');
  await untilHeldBy(takeoverLimitMs, survivor);
  const epochs = (await storage.leases.read()).claims;
  await vi.waitFor(
    async () => {
      const epoch = epochs.get(partitionOf(address, space.partitionCount))?.revision;
      expect(await storage.commits.load(address)).toMatchObject({ commit: { epoch } });
    },
    { timeout: 5_000, interval: 20 },
  );

  paused.signal('SIGCONT');
  await untilHeldBy(takeoverLimitMs, paused, survivor);
  // What it was about to commit when it was paused came late, and was refused.
  expect(paused.lines).toContain('conflict');

  survivor.signal('SIGTERM');
  await survivor.ended;
  await untilHeldBy(takeoverLimitMs, paused);
  for (const [partition, { revision }] of (await storage.leases.read()).claims) {
    expect(revision).toBeGreaterThan(epochs.get(partition)?.revision ?? 0);
  }

  sending.abort();
  const rounds = await sent;
  const expected = { entries: Array.from({ length: rounds }, (_, index) => index + 1) };
  await vi.waitFor(
    async () => {
      for (let index = 0; index < actorCount; index += 1) {
        expect(await entriesOf(index)).toMatchObject({ context: expected });
      }
    },
    { timeout: 10_000, interval: 100 },
  );
}, 60_000);
