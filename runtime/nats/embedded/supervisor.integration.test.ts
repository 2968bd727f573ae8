import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SignalboxError } from '../../contract/errors.ts';
import { isProcessAlive } from '../../processes/process-identity.ts';
import { findTestServerBinary, serverConfigFile } from '../../testing/real-server.ts';
import { createPasswords } from './server-environment.ts';
import { startServerProcess } from './server-process.ts';
import type { ServerProcess } from './server-process.ts';
import { Supervisor } from './supervisor.ts';

const limits = {
  maxAttempts: 3,
  firstPauseMs: 1,
  maxPauseMs: 2,
  stableMs: 60_000,
  healthIntervalMs: 10,
  maxHealthFailures: 1,
};

let dataDir: string;
let supervisor: Supervisor | undefined;
const lines: string[] = [];
const failures: SignalboxError[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'signalbox-supervisor-'));
  lines.length = 0;
  failures.length = 0;
});
afterEach(async () => {
  await supervisor?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function startServer(): Promise<ServerProcess> {
  const program = {
    binary: await findTestServerBinary(),
    configFile: serverConfigFile,
    dataDir,
    log: () => undefined,
  };
  return startServerProcess(program, {
    clientPort: 0,
    websocketPort: 0,
    storeDir: dataDir,
    syncMode: 'interval',
    allowedOrigins: [],
    passwords: createPasswords(),
  });
}

async function supervise(
  start: () => Promise<ServerProcess>,
  hasRoom?: () => Promise<boolean>,
): Promise<Supervisor> {
  const supervision = {
    start,
    log: (line: string) => lines.push(line),
    ...(hasRoom === undefined ? {} : { hasRoom }),
    onFailure: (error: SignalboxError) => failures.push(error),
  };
  supervisor = new Supervisor(await startServer(), supervision, limits);
  return supervisor;
}

test('a server that hangs is ended and started again', async () => {
  const supervised = await supervise(startServer);
  const first = supervised.current.child.pid;
  process.kill(first, 'SIGSTOP');
  await vi.waitFor(() => expect(supervised.current.child.pid).not.toBe(first), { timeout: 20_000 });
  expect(isProcessAlive(first)).toBe(false);
  expect(lines[0]).toMatch(/^nats-server does not answer \(.+\); starting it again$/);
});

test('after so many attempts the server is given up, with the last reason', async () => {
  const attempt = vi.fn<() => Promise<ServerProcess>>(() =>
    Promise.reject(new SignalboxError('SB_PORT_IN_USE', 'port 4222 is taken', { retryable: true })),
  );
  const supervised = await supervise(attempt);
  process.kill(supervised.current.child.pid, 'SIGKILL');
  await vi.waitFor(() => expect(failures).toHaveLength(1), { timeout: 10_000 });
  expect(attempt).toHaveBeenCalledTimes(3);
  expect(failures[0]).toMatchObject({
    code: 'SB_NATS_SERVER',
    message: 'nats-server keeps ending and is given up: port 4222 is taken',
  });
});

test('a server that keeps ending soon after its start is given up too', async () => {
  const supervised = await supervise(async () => {
    const server = await startServer();
    process.kill(server.child.pid, 'SIGKILL');
    return server;
  });
  process.kill(supervised.current.child.pid, 'SIGKILL');
  await vi.waitFor(() => expect(failures).toHaveLength(1), { timeout: 10_000 });
  expect(failures[0]?.message).toBe('nats-server keeps ending and is given up');
});

test('while the disk is full no server is started, and no attempt is used up', async () => {
  let room = true;
  const hasRoom = vi.fn<() => Promise<boolean>>(async () => room);
  const start = vi.fn<() => Promise<ServerProcess>>(startServer);
  const supervised = await supervise(start, hasRoom);
  room = false;
  const first = supervised.current.child.pid;
  process.kill(first, 'SIGKILL');
  await vi.waitFor(() => expect(lines).toHaveLength(1));
  const asked = hasRoom.mock.calls.length;
  await vi.waitFor(() => expect(hasRoom.mock.calls.length).toBeGreaterThan(asked + 5));
  expect(start).not.toHaveBeenCalled();
  room = true;
  await vi.waitFor(() => expect(supervised.current.child.pid).not.toBe(first), { timeout: 20_000 });
  expect(failures).toEqual([]);
});

test('while the disk is full a server that hangs is left alone; with room it is started again', async () => {
  let room = false;
  const hasRoom = vi.fn<() => Promise<boolean>>(async () => room);
  const supervised = await supervise(startServer, hasRoom);
  const first = supervised.current.child.pid;
  process.kill(first, 'SIGSTOP');
  await vi.waitFor(() => expect(hasRoom.mock.calls.length).toBeGreaterThan(5));
  expect(lines).toEqual([]);
  room = true;
  await vi.waitFor(() => expect(supervised.current.child.pid).not.toBe(first), { timeout: 20_000 });
});
