/** Owns a real nats-server for one test file: in a temporary folder, on free ports, gone after `stop()`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedServer } from '../nats/embedded/embedded-server.ts';
import type { EmbeddedServerOptions } from '../nats/embedded/embedded-server.ts';
import type { ServerConnection } from '../nats/embedded/server-record.ts';
import { obtainServerBinary } from '../nats/server-binary/obtain-server-binary.ts';
import { repositoryRoot } from './repository-root.ts';

export interface TestServer {
  readonly connection: ServerConnection;
  /** The folder given, or the temporary one. */
  readonly dataDir: string;
  /** Of the server process; changes when it has been restarted. */
  readonly pid: number;
  stop(): Promise<void>;
}

export type TestServerOptions = Partial<Omit<EmbeddedServerOptions, 'onFailure'>>;

export const serverConfigFile = join(repositoryRoot, 'nats.conf');

/** The program named by NATS_SERVER, else one found or obtained as the set-up does. */
export function findTestServerBinary(): Promise<string> {
  return obtainServerBinary({
    configured: process.env['NATS_SERVER'],
    env: process.env,
    cacheDir: join(homedir(), '.cache', 'signalbox'),
    log: () => undefined,
  });
}

/** Sync mode `interval` unless asked otherwise: tests kill processes, not the power. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const temporary =
    options.dataDir === undefined ? await mkdtemp(join(tmpdir(), 'signalbox-nats-')) : undefined;
  const dataDir = options.dataDir ?? temporary ?? '';
  const server = await startEmbeddedServer({
    binary: await findTestServerBinary(),
    configFile: serverConfigFile,
    allowedOrigins: [],
    syncMode: 'interval',
    log: () => undefined,
    ...options,
    dataDir,
    onFailure: (error) => {
      throw error;
    },
  });
  return {
    connection: server.connection,
    dataDir,
    get pid() {
      return server.pid;
    },
    stop: async () => {
      await server.stop();
      if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
    },
  };
}
