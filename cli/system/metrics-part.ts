/** What is told at `/metrics`: what this process counts, and what only the store knows. */
import { randomBytes } from 'node:crypto';
import type { MetricsSource } from '../../gateway/metrics/metrics-routes.ts';
import { SignalboxError } from '../../runtime/contract/errors.ts';
import type { HistoryReader } from '../../runtime/core/ports.ts';
import type { WorkerMetrics } from '../../runtime/worker/metrics.ts';
import type { SystemLog } from './log.ts';
import { openMetricsServer } from './metrics-server.ts';
import { openMetricsToken } from './metrics-token.ts';
import type { StorageParts } from './storage-part.ts';

export interface MetricsParts extends Pick<StorageParts, 'home' | 'storage'> {
  readonly log: SystemLog;
  readonly metrics: WorkerMetrics;
  /** Absent in a process that has no read model at hand. */
  readonly history: HistoryReader | undefined;
}

/** To be called once per process. */
export async function openMetrics(parts: MetricsParts): Promise<MetricsSource> {
  const { home, log, metrics, history, storage } = parts;
  const token = await openMetricsToken(home.metricsToken, randomBytes);
  log.hide(token);
  if (history !== undefined) {
    metrics.addGauge(
      'signalbox_history_lag_messages',
      'Messages in EVENTS that the read model does not hold yet',
      async () => {
        const [through, last] = await Promise.all([history.throughSeq(), storage.events.lastSeq()]);
        return Math.max(0, last - through);
      },
    );
  }
  metrics.addGauge(
    'signalbox_dead_letters',
    'Commands that were given up and that nobody has dropped yet',
    async () => (await storage.deadLetters.list({ limit: 1 })).total,
  );
  metrics.addGauges(
    'signalbox_effects_queued',
    'Effects in the queue of a pool that no worker has taken',
    'pool',
    async () =>
      new Map((await storage.poolBacklog()).map(({ pool, queued }) => [pool, queued] as const)),
  );
  return { token, contentType: metrics.contentType, render: () => metrics.render() };
}

/** For a process without a gateway. */
export async function startMetricsPart(
  parts: MetricsParts & Pick<StorageParts, 'started'>,
  port: number,
): Promise<void> {
  const server = await openMetricsServer(await openMetrics(parts), port);
  parts.started.push(() => server.close());
  parts.log.info('metrics are told', { port: server.port });
}

/** Throws `SB_INPUT_INVALID`. */
export function parseMetricsPort(
  text: string | undefined,
  roles: { readonly gateway: boolean },
): number | undefined {
  if (text === undefined) return undefined;
  if (roles.gateway) {
    throw new SignalboxError(
      'SB_INPUT_INVALID',
      '--metrics-port is for workers without a gateway',
      {
        next: 'The gateway tells metrics on its own port: leave the option out.',
      },
    );
  }
  if (/^\d{1,5}$/u.test(text) && Number(text) <= 65_535) return Number(text);
  throw new SignalboxError(
    'SB_INPUT_INVALID',
    '--metrics-port must be a whole number from 0 to 65535',
  );
}
