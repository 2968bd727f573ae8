import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import type { NatsConnection } from '@nats-io/transport-node';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { spawnGuarded } from '../../processes/guarded-child.ts';
import { isProcessAlive } from '../../processes/process-identity.ts';
import { findTestServerBinary, serverConfigFile } from '../../testing/real-server.ts';
import { startTypeScript } from '../../testing/typescript-program.ts';
import { startEmbeddedServer } from './embedded-server.ts';
import type { EmbeddedServer, EmbeddedServerOptions } from './embedded-server.ts';
import { readServerConnection, writeServerRecord } from './server-record.ts';

const binary = await findTestServerBinary();

let dataDir: string;
const started: EmbeddedServer[] = [];
const connections: NatsConnection[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'signalbox embedded "'));
});
afterEach(async () => {
  await Promise.all(connections.splice(0).map((connection) => connection.close()));
  await Promise.all(started.splice(0).map((server) => server.stop()));
  await rm(dataDir, { recursive: true, force: true });
});

function serverOptions(options: Partial<EmbeddedServerOptions> = {}): EmbeddedServerOptions {
  return {
    binary,
    configFile: serverConfigFile,
    dataDir,
    allowedOrigins: ['http://127.0.0.1:7070'],
    syncMode: 'interval',
    log: () => undefined,
    onFailure: (error) => {
      throw error;
    },
    ...options,
  };
}

/** Vitest types its matchers as `any`. */
function containing(text: string): unknown {
  return expect.stringContaining(text);
}

async function start(options: Partial<EmbeddedServerOptions> = {}): Promise<EmbeddedServer> {
  const server = await startEmbeddedServer(serverOptions(options));
  started.push(server);
  return server;
}

async function connectAs(
  server: EmbeddedServer,
  role: 'signalbox' | 'console',
): Promise<NatsConnection> {
  const { url, user, password, consoleUser, consolePassword } = server.connection;
  const connection = await connect({
    servers: url,
    ...(role === 'signalbox'
      ? { user, pass: password }
      : { user: consoleUser, pass: consolePassword }),
    ...(role === 'console' ? { inboxPrefix: '_INBOX_console' } : {}),
    reconnectTimeWait: 20,
    maxReconnectAttempts: -1,
  });
  connections.push(connection);
  return connection;
}

describe('start and stop', () => {
  test.each(['always', 'interval'] as const)(
    'sync mode %s runs as asked, and quickly',
    async (syncMode) => {
      const begin = performance.now();
      const server = await start({ syncMode });
      expect(performance.now() - begin).toBeLessThan(2_000);
      expect(server.syncMode).toBe(syncMode);
      expect(server.version).toMatch(/^2\.\d+\.\d+$/);
      const info = (await connectAs(server, 'signalbox')).info;
      expect(info).toMatchObject({
        jetstream: true,
        max_payload: 8 * 1024 * 1024,
        host: '127.0.0.1',
      });
    },
  );

  test('stop may be repeated, ends the process and frees the folder', async () => {
    const server = await start();
    const { pid } = server;
    await Promise.all([server.stop(), server.stop()]);
    expect(isProcessAlive(pid)).toBe(false);
    expect(await readServerConnection(dataDir)).toBeUndefined();
    const again = await start();
    expect(again.connection.password).not.toBe(server.connection.password);
  });

  test('other commands find the running server in a file for the user alone', async () => {
    const server = await start();
    expect(await readServerConnection(dataDir)).toEqual(server.connection);
    expect((await stat(join(dataDir, 'server.json'))).mode & 0o777).toBe(0o600);
  });
});

describe('supervision', () => {
  test('a server killed with -9 is started again on its ports, with its data; clients reconnect', async () => {
    const lines: string[] = [];
    const server = await start({ log: (line) => lines.push(line) });
    const connection = await connectAs(server, 'signalbox');
    await (await jetstreamManager(connection)).streams.add({ name: 'KEPT', subjects: ['kept.>'] });
    await jetstream(connection).publish('kept.one', 'first');
    const firstPid = server.pid;

    process.kill(firstPid, 'SIGKILL');
    await vi.waitFor(() => expect(server.pid).not.toBe(firstPid), { timeout: 10_000 });
    await vi.waitFor(() => connection.flush(), { timeout: 10_000 });

    const ack = await jetstream(connection).publish('kept.two', 'second');
    expect(ack.seq).toBe(2);
    expect(lines).toContain('nats-server was ended by SIGKILL; starting it again');
    expect(await readServerConnection(dataDir)).toEqual(server.connection);
  });

  test('a server that cannot be started again is given up with a clear error', async () => {
    const failures: unknown[] = [];
    const configFile = join(dataDir, 'copy.conf');
    await writeFile(configFile, await readFile(serverConfigFile));
    const server = await start({ configFile, onFailure: (error) => failures.push(error) });
    // Another sync mode than the one that was asked for is no matter of trying again.
    const changed = (await readFile(serverConfigFile, 'utf8')).replace(
      '$SIGNALBOX_NATS_SYNC',
      'always',
    );
    await writeFile(configFile, changed);
    process.kill(server.pid, 'SIGKILL');
    await vi.waitFor(() => expect(failures).toHaveLength(1), { timeout: 10_000 });
    expect(failures[0]).toMatchObject({
      code: 'SB_NATS_SERVER',
      message: containing('runs with sync mode "always", not with "interval"'),
    });
    expect(isProcessAlive(server.pid)).toBe(false);
  });

  test('stop during a restart leaves nothing behind', async () => {
    const server = await start();
    process.kill(server.pid, 'SIGKILL');
    await server.stop();
    expect(await readServerConnection(dataDir)).toBeUndefined();
    expect(isProcessAlive(server.pid)).toBe(false);
  });
});

describe('nothing is left behind', () => {
  test('the server ends when its owner is killed with -9, and the next start takes over', async () => {
    const owner = startTypeScript(`
      const { startEmbeddedServer } = await load('runtime/nats/embedded/embedded-server.ts');
      const server = await startEmbeddedServer({
        ...${JSON.stringify(serverOptions())}, log: () => {}, onFailure: () => {},
      });
      console.log(server.pid);
    `);
    const output = await new Promise((resolve) => owner.stdout.once('data', resolve));
    const serverPid = Number(String(output));
    expect(isProcessAlive(serverPid)).toBe(true);
    await expect(start()).rejects.toMatchObject({
      code: 'SB_HOME_LOCKED',
      message: containing(`in use by process ${owner.pid}, since 20`),
    });
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    const next = await start();
    expect(next.pid).not.toBe(serverPid);
    expect(isProcessAlive(serverPid)).toBe(false);
  });

  test('a server whose guard died with its owner is ended before the store is opened again', async () => {
    const leftover = await spawnGuarded({
      command: ['sleep', '1000'],
      cwd: dataDir,
      env: { PATH: process.env['PATH'] },
      graceMs: 0,
      onDeath: 'kill',
    });
    const unused = {
      url: '',
      websocketUrl: '',
      user: '',
      password: '',
      consoleUser: '',
      consolePassword: '',
    };
    await writeServerRecord(dataDir, leftover.pid, unused);
    await start();
    expect(await leftover.exited).toEqual({ type: 'signalled', signal: 'SIGKILL' });
  });
});

describe('refusals', () => {
  test.each(['clientPort', 'websocketPort'] as const)('a %s in use is named', async (option) => {
    const occupant = createServer().listen(0, '127.0.0.1');
    await once(occupant, 'listening');
    const address = occupant.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(start({ [option]: port })).rejects.toMatchObject({
      code: 'SB_PORT_IN_USE',
      message: containing(`port ${port} `),
      next: containing('choose another port'),
    });
    occupant.close();
    const server = await start({ [option]: port });
    expect(server.connection[option === 'clientPort' ? 'url' : 'websocketUrl']).toContain(
      `:${port}`,
    );
  });

  test('a program that is too old, or none at all, is refused by name', async () => {
    const old = join(dataDir, 'nats-server-old');
    await writeFile(old, '#!/bin/sh\necho "nats-server: v2.9.10"\n', { mode: 0o755 });
    await expect(start({ binary: old })).rejects.toMatchObject({
      code: 'SB_NATS_SERVER',
      message: `${old} is nats-server 2.9.10; Signalbox needs 2.12.0 or newer`,
    });
    await expect(start({ binary: '/nowhere/nats-server' })).rejects.toMatchObject({
      code: 'SB_NATS_SERVER',
    });
  });

  test('a configuration that does not parse is refused with what the server said', async () => {
    const configFile = join(dataDir, 'broken.conf');
    await writeFile(configFile, 'jetstream {');
    await expect(start({ configFile })).rejects.toMatchObject({
      code: 'SB_NATS_SERVER',
      message: containing('Parse error'),
      next: containing(configFile),
    });
  });
});

describe('the console user', () => {
  test.each([
    'a.0.main.session.x',
    'in.0.main.session.x',
    'evt.main.session.x.started',
    '$JS.API.INFO',
    'live.x',
  ])('may not publish to %s', async (subject) => {
    const console = await connectAs(await start(), 'console');
    await expect(console.request(subject, '', { timeout: 1_000 })).rejects.toThrow(
      /permissions violation/i,
    );
  });

  test.each(['a.>', 'in.>', 'evt.>', '>', '_INBOX.>', '$JS.>', 'gw.main.command'])(
    'may not subscribe to %s',
    async (subject) => {
      const console = await connectAs(await start(), 'console');
      const refusal = new Promise((resolve) => {
        console.subscribe(subject, { callback: (error) => resolve(error) });
      });
      expect(String(await refusal)).toMatch(/permissions violation/i);
    },
  );

  test('may ask the gateway and read what is live', async () => {
    const server = await start();
    const gateway = await connectAs(server, 'signalbox');
    gateway.subscribe('gw.main.command', {
      callback: (_error, message) => {
        message.respond('accepted');
      },
    });
    await gateway.flush();
    const console = await connectAs(server, 'console');
    const reply = await console.request('gw.main.command', 'steer', { timeout: 2_000 });
    expect(reply.string()).toBe('accepted');
    const seen = new Promise<string>((resolve) => {
      console.subscribe('live.>', { callback: (_error, message) => resolve(message.string()) });
    });
    await console.flush();
    gateway.publish('live.evt.x', 'stored');
    expect(await seen).toBe('stored');
  });
});

describe('the WebSocket listener', () => {
  test.each([
    ['http://127.0.0.1:7070', 101],
    ['http://127.0.0.1:7071', 403],
    ['https://evil.example', 403],
  ])('answers a page of %s with %i', async (origin, status) => {
    const server = await start();
    expect(await openWebSocket(server.connection.websocketUrl, origin)).toBe(status);
  });

  test('lets no page in when no origin was given', async () => {
    const server = await start({ allowedOrigins: [] });
    expect(await openWebSocket(server.connection.websocketUrl, 'http://127.0.0.1:7070')).toBe(403);
  });
});

function openWebSocket(url: string, origin: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const handshake = request(url.replace('ws:', 'http:'), {
      headers: {
        Origin: origin,
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      },
    });
    handshake.once('upgrade', (response, socket) => {
      socket.destroy();
      resolve(response.statusCode);
    });
    handshake.once('response', (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    handshake.once('error', reject);
    handshake.end();
  });
}
