/**
 * The whole system in one process: NATS, worker, history, gateway. Parts are started in the order they
 * need each other and stopped in reverse; whatever was started is stopped when a later part cannot start.
 */
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { describeError } from '../../runtime/contract/errors.ts';
import { openHistory, type History } from '../../runtime/history/history.ts';
import type { HistoryNotice } from '../../runtime/history/notice.ts';
import { createProjector } from '../../runtime/history/projector.ts';
import { createRegistry } from '../../runtime/core/registry.ts';
import { openConnection, watchConnection, type Connection } from '../../runtime/nats/connection.ts';
import { openStorage, type Storage } from '../../runtime/nats/open-storage.ts';
import { lockFolder } from '../../runtime/processes/folder-lock.ts';
import { defaultPartitionCount } from '../../runtime/contract/subjects.ts';
import type { WorkerObserver } from '../../runtime/worker/actor-host.ts';
import { systemClock } from '../../runtime/worker/system-clock.ts';
import { createWorker } from '../../runtime/worker/worker.ts';
import { layOutHome, type HomeLayout } from '../home.ts';
import type { Settings } from '../settings.ts';
import { createActors, poolConcurrency } from './actors.ts';
import { startGatewayPart } from './gateway-part.ts';
import type { SystemLog } from './log.ts';
import { startNats, type NatsServer } from './nats-server.ts';
import { chooseGatewayPort } from './gateway-port.ts';
import { openStandingActors } from './standing-actors.ts';
import { removeSystemRecord, writeSystemRecord } from './system-record.ts';

export const namespace = 'main';

/** What stops the parts that run, in the order they were started. */
type Started = (() => Promise<void>)[];

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
  const stopAll = async (): Promise<void> => {
    for (const stop of started.splice(0).toReversed()) {
      // One part that does not stop well must not keep the others running.
      await stop().catch((error: unknown) => {
        options.log.warn('a part did not stop in good order', { error: describeError(error) });
      });
    }
  };
  try {
    return await startParts(options, started, stopAll);
  } catch (error) {
    await stopAll();
    throw error;
  }
}

async function startParts(
  options: StartOptions,
  started: Started,
  stop: () => Promise<void>,
): Promise<RunningSystem> {
  const { settings, log } = options;
  const home = layOutHome(settings.home);
  await mkdir(home.root, { recursive: true, mode: 0o700 });
  const lock = await lockFolder(home.root, new Date());
  started.push(() => lock.release());

  const port = await chooseGatewayPort(settings.gateway.host, settings.gateway.port);
  let reportFailure: (error: Error) => void = () => undefined;
  const failed = new Promise<Error>((resolve) => {
    reportFailure = resolve;
  });
  const nats = await startNats(
    settings,
    home,
    listOrigins(settings.gateway.host, port),
    log,
    reportFailure,
  );
  started.push(() => nats.stop());

  const connection = await connectTo(nats, log);
  started.push(() => connection.close());
  const space = { namespace, partitionCount: defaultPartitionCount };
  const workerId = randomUUID();
  const storage = await openStorage({ connection, space, workerId, replicas: nats.replicas, log });

  const history = await startHistoryPart(home, storage, log, started);
  await startWorkerPart(options, storage, space, workerId, started);
  await openStandingActors(storage.commands, settings, home, log);
  const gatewayPart = await startGatewayPart({
    namespace,
    settings,
    log,
    home,
    port,
    nats,
    connection,
    storage,
    history,
    started,
  });
  await writeSystemRecord(home.record, {
    startedAt: new Date().toISOString(),
    gatewayUrl: gatewayPart.url,
    ...space,
    nats: {
      url: nats.url,
      ...(nats.user === undefined ? {} : { user: nats.user }),
      ...(nats.password === undefined ? {} : { password: nats.password }),
    },
  });
  started.push(() => removeSystemRecord(home.record));
  log.info('system started', { gateway: gatewayPart.url, nats: nats.description, home: home.root });
  return {
    home,
    storage,
    connection,
    history,
    failed,
    stop,
    gatewayUrl: gatewayPart.url,
    loginLink: gatewayPart.loginLink,
    natsDescription: nats.description,
  };
}

function listOrigins(host: string, port: number): readonly string[] {
  return [...new Set([host, '127.0.0.1', 'localhost'])].map((name) => `http://${name}:${port}`);
}

async function connectTo(nats: NatsServer, log: SystemLog): Promise<Connection> {
  const connection = await openConnection({
    url: nats.url,
    name: 'signalbox',
    ...(nats.user === undefined ? {} : { user: nats.user }),
    ...(nats.password === undefined ? {} : { password: nats.password }),
  });
  watchConnection(connection, (status) => {
    if (status === 'disconnected') log.warn('NATS is away; work goes on when it is back');
    else log.warn('NATS is back');
  });
  return connection;
}

async function startWorkerPart(
  { settings, log, observer }: StartOptions,
  storage: Storage,
  space: { readonly namespace: string; readonly partitionCount: number },
  workerId: string,
  started: Started,
): Promise<void> {
  const stopping = new AbortController();
  const worker = createWorker({
    ...space,
    workerId,
    storage,
    log,
    registry: createRegistry(createActors(settings, storage, log, stopping.signal)),
    clock: systemClock,
    concurrency: poolConcurrency,
    ...(observer === undefined ? {} : { observer }),
  });
  await worker.start();
  started.push(async () => {
    // The worker first: what gives up waiting for the store must not count as a failed effect.
    await worker.stop().finally(() => {
      stopping.abort();
    });
  });
}

/** The read model and the projector that keeps it up to date. */
async function startHistoryPart(
  home: HomeLayout,
  storage: Storage,
  log: SystemLog,
  started: Started,
): Promise<History> {
  const tell = (notice: HistoryNotice): void => {
    log.warn(notice.message, { ...notice });
  };
  const history = await openHistory({ file: home.history, log: tell });
  started.push(() => history.close());
  const projector = createProjector({ history, source: storage.events, log: tell });
  projector.start();
  started.push(() => projector.stop());
  return history;
}
