/** The NATS the system stands on: the user's own when NATS_URL is set, else one that we run. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { LiveAccess } from '../../runtime/contract/live.ts';
import { startEmbeddedServer } from '../../runtime/nats/embedded/embedded-server.ts';
import { obtainServerBinary } from '../../runtime/nats/server-binary/obtain-server-binary.ts';
import type { HomeLayout } from '../home.ts';
import type { ExternalNats, Settings } from '../settings.ts';
import type { SystemLog } from './log.ts';
import { packageRoot } from './package-root.ts';
import type { SystemRecord } from './system-record.ts';

export interface NatsServer {
  readonly url: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly replicas: number;
  /** One line: which server, which version, how it writes. */
  readonly description: string;
  readonly console:
    | { readonly url: string; readonly user: string; readonly password: string }
    | { readonly unavailable: string };
  /** What keeps the server from storing anything, as far as it is ours to see. */
  readonly trouble: () => string | undefined;
  stop(): Promise<void>;
}

export const consoleInboxPrefix = '_INBOX_console';

export async function startNats(
  settings: Settings,
  home: HomeLayout,
  gatewayOrigins: readonly string[],
  log: SystemLog,
  onFailure: (error: Error) => void,
): Promise<NatsServer> {
  if (settings.nats !== undefined) return describeExternalServer(settings.nats);
  const binary = await obtainServerBinary({
    configured: settings.natsServer,
    env: settings.environment,
    cacheDir: join(homedir(), '.cache', 'signalbox'),
    log: (line) => {
      log.progress(line);
    },
  });
  const server = await startEmbeddedServer({
    binary,
    configFile: join(packageRoot, 'nats.conf'),
    dataDir: home.nats,
    allowedOrigins: gatewayOrigins,
    syncMode: settings.syncMode,
    log: (line) => {
      log.info('nats-server', { line });
    },
    onFailure,
    onRoomChanged: ({ lack }) => {
      if (lack === undefined) log.warn('there is room on the disk again; work goes on');
      else log.warn(`${lack.message}. ${lack.next ?? ''}`, { code: lack.code });
    },
  });
  const { url, user, password, websocketUrl, consoleUser, consolePassword } = server.connection;
  log.hide(password);
  log.hide(consolePassword);
  const writes =
    server.syncMode === 'always'
      ? 'every message is synced to disk'
      : 'synced to disk every two minutes: a power cut may lose what came since';
  return {
    url,
    user,
    password,
    replicas: 1,
    description: `NATS ${server.version} (embedded; ${writes})`,
    console: { url: websocketUrl, user: consoleUser, password: consolePassword },
    trouble: () => server.lackOfRoom?.message,
    stop: () => server.stop(),
  };
}

/** A server of the user's own: nothing is started, nothing is stopped. */
export function describeExternalServer(nats: ExternalNats): NatsServer {
  const { url, user, password, replicas, console: access } = nats;
  return {
    url,
    user,
    password,
    replicas,
    description: `NATS at ${url} (yours; how it syncs to disk is its own configuration)`,
    console: access ?? {
      unavailable:
        'set NATS_WEBSOCKET_URL (ws://user:password@host:port) to let the console follow live',
    },
    trouble: () => undefined,
    stop: () => Promise.resolve(),
  };
}

/** The server that a running system on this machine has embedded or found. */
export function describeServerOf({ nats, pid }: SystemRecord): NatsServer {
  return {
    url: nats.url,
    user: nats.user,
    password: nats.password,
    replicas: 1,
    description: `NATS at ${nats.url} (of the system with pid ${pid})`,
    console: { unavailable: 'the console is served by the system that runs on this home' },
    trouble: () => undefined,
    stop: () => Promise.resolve(),
  };
}

export function describeLiveAccess(server: NatsServer, namespace: string): LiveAccess {
  return 'unavailable' in server.console
    ? { status: 'unavailable', reason: server.console.unavailable }
    : { status: 'available', ...server.console, namespace, inboxPrefix: consoleInboxPrefix };
}
