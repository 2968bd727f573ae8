/**
 * One process of a system that runs as several: the parts its roles ask for, on the NATS server that `NATS_URL` names
 * or that the system on this home stands on.
 */
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { SignalboxError } from '../../runtime/contract/errors.ts';
import { openHistoryReader } from '../../runtime/history/history.ts';
import { watchConnection } from '../../runtime/nats/connection.ts';
import { startDailyShrink } from '../../runtime/nats/daily-shrink.ts';
import type { HistoryReader } from '../../runtime/core/ports.ts';
import { lockFolder } from '../../runtime/processes/folder-lock.ts';
import { createWorkerMetrics } from '../../runtime/worker/metrics.ts';
import { systemClock } from '../../runtime/worker/system-clock.ts';
import { layOutHome, type HomeLayout } from '../home.ts';
import type { Settings } from '../settings.ts';
import { startGatewayPart } from './gateway-part.ts';
import { chooseGatewayPort } from './gateway-port.ts';
import { startHistoryPart } from './history-part.ts';
import type { SystemLog } from './log.ts';
import { describeExternalServer, describeServerOf, type NatsServer } from './nats-server.ts';
import { startMetricsPart } from './metrics-part.ts';
import type { Roles } from './roles.ts';
import { startStoragePart, stopParts, type Started, type StorageParts } from './storage-part.ts';
import { readSystemRecord, type SystemRecord } from './system-record.ts';
import { listGaps, startWorkerPart } from './worker-part.ts';

export interface RunningWorker {
  readonly natsDescription: string;
  readonly gateway: { readonly url: string; readonly loginLink: string } | undefined;
  /** Work that no live worker does, in words. */
  readonly gaps: readonly string[];
  /** Resolves when the system whose server this is has ended, so that nothing more can be done on it. */
  readonly abandoned: Promise<void>;
  stop(): Promise<void>;
}

export interface StartWorkerOptions {
  readonly settings: Settings;
  readonly log: SystemLog;
  readonly roles: Roles;
  /** Where metrics are told on loopback; only without a gateway, which tells them too. */
  readonly metricsPort: number | undefined;
}

/** How often a worker without a connection looks whether its system still runs. */
const lookEveryMs = 500;

/** Throws `SB_NATS_UNAVAILABLE` when no server is named and no system runs, and what the parts throw. */
export async function startWorker(options: StartWorkerOptions): Promise<RunningWorker> {
  const { settings, log } = options;
  const home = layOutHome(settings.home);
  const { nats, record } = await findServer(settings, home);
  log.hide(nats.password);
  const started: Started = [];
  try {
    return await startParts(options, home, nats, record, started);
  } catch (error) {
    await stopParts(started, log);
    throw error;
  }
}

async function findServer(
  settings: Settings,
  home: HomeLayout,
): Promise<{ readonly nats: NatsServer; readonly record: SystemRecord | undefined }> {
  if (settings.nats !== undefined)
    return { nats: describeExternalServer(settings.nats), record: undefined };
  const record = await readSystemRecord(home.record);
  if (record !== undefined) return { nats: describeServerOf(record), record };
  throw new SignalboxError('SB_NATS_UNAVAILABLE', `no system runs on ${home.root}`, {
    next: 'Start one with `signalbox up`, name its folder with --home, or a NATS server with --nats.',
  });
}

async function startParts(
  { settings, log, roles, metricsPort }: StartWorkerOptions,
  home: HomeLayout,
  nats: NatsServer,
  record: SystemRecord | undefined,
  started: Started,
): Promise<RunningWorker> {
  await mkdir(home.root, { recursive: true, mode: 0o700 });
  if (roles.gateway) {
    // Login, triggers and the system's record are in the home folder, and of one process.
    const lock = await lockFolder(home.root, new Date());
    started.push(() => lock.release());
  }
  const keepStreams = !roles.gateway;
  const parts = await startStoragePart({ settings, log, nats, started, keepStreams });
  const written = roles.history ? await startHistoryPart(parts, log) : undefined;
  if (roles.history) started.push(startDailyShrink(parts.storage, settings.retention, log));
  const works = roles.actors || roles.pools.length > 0;
  const workerId = randomUUID();
  const metrics = works
    ? await startWorkerPart({ settings, log, roles, workerId, others: true }, parts)
    : createWorkerMetrics(systemClock);
  if (metricsPort !== undefined)
    await startMetricsPart({ ...parts, log, metrics, history: written }, metricsPort);
  let gateway: RunningWorker['gateway'];
  if (roles.gateway) {
    const port = await chooseGatewayPort(settings.gateway.host, settings.gateway.port);
    const history = written ?? (await openHistoryOfAnother(parts));
    gateway = await startGatewayPart({ ...parts, settings, log, port, history, metrics });
  }
  const gaps = listGaps(await parts.storage.leases.read());
  log.info('worker started', { roles, nats: nats.description, gaps });
  return {
    natsDescription: nats.description,
    gateway,
    gaps,
    abandoned: untilAbandoned(parts, record),
    stop: () => stopParts(started, log),
  };
}

/** The read model that another process keeps on this home. */
async function openHistoryOfAnother({ home, started }: StorageParts): Promise<HistoryReader> {
  const history = await openHistoryReader({ file: home.history });
  started.push(() => history.close());
  return history;
}

/** An embedded server has other passwords, and perhaps another port, after each start of its system. */
function untilAbandoned(
  { connection, home, started }: StorageParts,
  record: SystemRecord | undefined,
): Promise<void> {
  return new Promise((resolve) => {
    void connection.closed().then(() => {
      resolve();
    });
    if (record === undefined) return;
    let looking: NodeJS.Timeout | undefined;
    const look = async (): Promise<void> => {
      const now = await readSystemRecord(home.record).catch(() => undefined);
      if (now?.pid !== record.pid || now.startedAt !== record.startedAt) resolve();
    };
    const unwatch = watchConnection(connection, (change) => {
      clearInterval(looking);
      looking = change === 'disconnected' ? setInterval(() => void look(), lookEveryMs) : undefined;
    });
    started.push(async () => {
      unwatch();
      clearInterval(looking);
    });
  });
}
