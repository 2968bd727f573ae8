/** A NATS server as a user would run one: nats.conf, a port and passwords of its own, stopped and started at will. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { vi } from 'vitest';
import { serverEnvironment } from '../../runtime/nats/embedded/server-environment.ts';
import { findTestServerBinary, serverConfigFile } from '../../runtime/testing/real-server.ts';
import type { Environment } from './signalbox-command.ts';

export interface ExternalServer {
  readonly port: number;
  /** For `signalbox`: where the server is and who we are. */
  readonly environment: Environment;
  start(): Promise<void>;
  stop(): Promise<void>;
}

const passwords = { signalbox: 'of the test', console: 'of the console', monitor: 'of the monitor' };

export async function startExternalServer(storeDir: string): Promise<ExternalServer> {
  const [binary, clientPort, websocketPort] = [await findTestServerBinary(), await findFreePort(), await findFreePort()];
  await mkdir(storeDir, { recursive: true });
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    const settings = { clientPort, websocketPort, storeDir, syncMode: 'interval', allowedOrigins: [], passwords } as const;
    child = spawn(binary, ['-c', serverConfigFile], { env: { ...process.env, ...serverEnvironment(settings) }, stdio: 'ignore' });
    await vi.waitFor(() => expectListener(clientPort), { timeout: 10_000 });
  };
  const stop = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  };
  await start();
  const environment = {
    NATS_URL: `nats://127.0.0.1:${clientPort}`,
    NATS_USER: 'signalbox',
    NATS_PASSWORD: passwords.signalbox,
  };
  return { port: clientPort, environment, start, stop };
}

/** Free now; nobody else on this machine is expected to ask for it at once. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('a listening server has no address');
  return address.port;
}

async function expectListener(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
  } finally {
    socket.destroy();
  }
}
