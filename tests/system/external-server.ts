/** A NATS server as a user would run one: nats.conf, a port and passwords of its own, stopped and started at will. */
import {
  endServerProcess,
  startServerProcess,
  type ServerProcess,
} from '../../runtime/nats/embedded/server-process.ts';
import { findTestServerBinary, serverConfigFile } from '../../runtime/testing/real-server.ts';
import type { Environment } from './signalbox-command.ts';

export interface ExternalServer {
  /** For `signalbox`: where the server is and who we are. */
  readonly environment: Environment;
  start(): Promise<void>;
  stop(): Promise<void>;
}

const passwords = { signalbox: 'ours', console: 'of the console', monitor: 'of the monitor' };

export async function startExternalServer(dataDir: string): Promise<ExternalServer> {
  const program = {
    binary: await findTestServerBinary(),
    configFile: serverConfigFile,
    dataDir,
    log: () => undefined,
  };
  const settings = {
    storeDir: dataDir,
    syncMode: 'interval',
    allowedOrigins: [],
    passwords,
  } as const;
  let server: ServerProcess = await startServerProcess(program, {
    ...settings,
    clientPort: 0,
    websocketPort: 0,
  });
  const { clientPort, websocketPort } = server;
  return {
    environment: { NATS_URL: `nats://signalbox:${passwords.signalbox}@127.0.0.1:${clientPort}` },
    start: async () => {
      server = await startServerProcess(program, { ...settings, clientPort, websocketPort });
    },
    stop: () => endServerProcess(server),
  };
}
