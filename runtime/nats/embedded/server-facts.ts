/**
 * What a running server says about itself, asked over NATS as its monitor user. The sync mode comes from the
 * configuration JetStream runs with, not from the one we asked for.
 */
import { connect } from '@nats-io/transport-node';
import type { NatsConnection } from '@nats-io/transport-node';
import { z } from 'zod';
import { SignalboxError } from '../../contract/errors.ts';
import type { SyncMode } from './server-environment.ts';

export interface ServerFacts {
  readonly version: string;
  readonly syncMode: SyncMode;
  readonly storeDir: string;
}

const varzSchema = z.object({
  data: z.object({
    version: z.string(),
    jetstream: z.object({
      config: z.object({ store_dir: z.string(), sync_always: z.boolean().default(false) }),
    }),
  }),
});

const healthSchema = z.object({
  data: z.object({ status: z.string(), error: z.string().optional() }),
});

const requestTimeoutMs = 3_000;

/** A connection of the monitor user. It ends with its server: a restarted server gets a new one. */
export function connectMonitor(url: string, password: string): Promise<NatsConnection> {
  return connect({
    servers: url,
    user: 'monitor',
    pass: password,
    inboxPrefix: '_INBOX_monitor',
    name: 'signalbox-monitor',
    reconnect: false,
    timeout: requestTimeoutMs,
  });
}

/** Throws `SB_NATS_SERVER` when the server does not say that it runs JetStream with file storage. */
export async function readServerFacts(monitor: NatsConnection): Promise<ServerFacts> {
  const reply = await monitor.request('$SYS.REQ.SERVER.PING.VARZ', '', {
    timeout: requestTimeoutMs,
  });
  const parsed = varzSchema.safeParse(reply.json());
  if (!parsed.success) {
    throw new SignalboxError(
      'SB_NATS_SERVER',
      'the NATS server does not report a JetStream with file storage',
      {
        cause: parsed.error,
        next: 'Compare nats.conf with the one that came with this version of Signalbox.',
      },
    );
  }
  const { version, jetstream } = parsed.data.data;
  return {
    version,
    syncMode: jetstream.config.sync_always ? 'always' : 'interval',
    storeDir: jetstream.config.store_dir,
  };
}

export type ServerHealth =
  | { readonly status: 'healthy' }
  | { readonly status: 'unhealthy'; readonly reason: string };

/** Rejects when the server does not answer in time. */
export async function readServerHealth(monitor: NatsConnection): Promise<ServerHealth> {
  const reply = await monitor.request('$SYS.REQ.SERVER.PING.HEALTHZ', '', {
    timeout: requestTimeoutMs,
  });
  const { status, error } = healthSchema.parse(reply.json()).data;
  return status === 'ok' ? { status: 'healthy' } : { status: 'unhealthy', reason: error ?? status };
}
