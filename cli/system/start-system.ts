/**
 * The whole system in one process: NATS, worker, history, gateway. Parts are started in the order they
 * need each other and stopped in reverse; whatever was started is stopped when a later part cannot start.
 */
import { mkdir } from 'node:fs/promises';
import type { History } from '../../runtime/history/history.ts';
import type { Connection } from '../../runtime/nats/connection.ts';
import { startDailyShrink } from '../../runtime/nats/daily-shrink.ts';
import type { Storage } from '../../runtime/nats/open-storage.ts';
import { lockFolder } from '../../runtime/processes/folder-lock.ts';
import type { WorkerObserver } from '../../runtime/worker/worker-observer.ts';
import { layOutHome, type HomeLayout } from '../home.ts';
import type { Settings } from '../settings.ts';
import { startGatewayPart } from './gateway-part.ts';
import { chooseGatewayPort, listOrigins } from './gateway-port.ts';
import { startHistoryPart } from './history-part.ts';
import type { SystemLog } from './log.ts';
import { startNats } from './nats-server.ts';
import { allRoles } from './roles.ts';
import { startStoragePart, stopParts, type Started } from './storage-part.ts';
import { openWorkerId } from './worker-id.ts';
import { startWorkerPart } from './worker-part.ts';

export interface RunningSystem {
  readonly home: HomeLayout;
  readonly gatewayUrl: string;
  /** Opens the console once. */
  readonly loginLink: string;
  readonly natsDescription: string;
  readonly storage: Storage;
  readonly connection: Connection;
  readonly history: History;
  /** Resolves with the reason when a part fails for good; the system should be stopped then. */
  readonly failed: Promise<Error>;
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly settings: Settings;
  readonly log: SystemLog;
  readonly observer?: WorkerObserver;
}

/** Throws `SB_HOME_LOCKED`, `SB_PORT_IN_USE`, `SB_NATS_SERVER`, `SB_NATS_UNAVAILABLE`, `SB_CONFIG_INVALID`. */
export async function startSystem(options: StartOptions): Promise<RunningSystem> {
  const started: Started = [];
  try {
    return await startParts(options, started);
  } catch (error) {
    await stopParts(started, options.log);
    throw error;
  }
}

async function startParts(options: StartOptions, started: Started): Promise<RunningSystem> {
  const { settings, log, observer } = options;
  const home = layOutHome(settings.home);
  await mkdir(home.root, { recursive: true, mode: 0o700 });
  const lock = await lockFolder(home.root, new Date());
  started.push(() => lock.release());

  const port = await chooseGatewayPort(settings.gateway.host, settings.gateway.port);
  let reportFailure: (error: Error) => void = () => undefined;
  const failed = new Promise<Error>((resolve) => {
    reportFailure = resolve;
  });
  const origins = listOrigins(settings.gateway.host, port);
  const nats = await startNats(settings, home, origins, log, reportFailure);
  started.push(() => nats.stop());

  const parts = await startStoragePart({ settings, log, nats, started, keepStreams: false });
  const { storage, connection } = parts;
  const history = await startHistoryPart(parts, log);
  const metrics = await startWorkerPart(
    {
      settings,
      log,
      roles: allRoles,
      workerId: await openWorkerId(home.workerId),
      others: false,
      ...(observer === undefined ? {} : { observer }),
    },
    parts,
  );
  started.push(startDailyShrink(storage, settings.retention, log));
  const gateway = await startGatewayPart({ ...parts, settings, log, port, history, metrics });
  log.info('system started', { gateway: gateway.url, nats: nats.description, home: home.root });
  return {
    home,
    storage,
    connection,
    history,
    failed,
    stop: () => stopParts(started, log),
    gatewayUrl: gateway.url,
    loginLink: gateway.loginLink,
    natsDescription: nats.description,
  };
}
