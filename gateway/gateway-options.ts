/** What the gateway needs from outside, as ports. `cli` wires them; the gateway imports no adapter. */
import type { LiveAccess } from '../runtime/contract/live.ts';
import type { TranscriptPage } from '../runtime/contract/run-view.ts';
import type { CommandSender, HistoryReader } from '../runtime/core/ports.ts';
import type { LoginKeeper } from './login/login-keeper.ts';
import type { MetricsSource } from './metrics/metrics-routes.ts';

/** Milliseconds since the epoch. `Date` is one. */
export interface Clock {
  now(): number;
}

/** `console` is one. Facts are small and hold no secrets. */
export interface GatewayLog {
  info(message: string, facts?: Readonly<Record<string, unknown>>): void;
  warn(message: string, facts?: Readonly<Record<string, unknown>>): void;
  error(message: string, facts?: Readonly<Record<string, unknown>>): void;
}

/** Entries after `after` (exclusive), oldest first, at most `limit`; empty for a session nobody knows. */
export interface TranscriptReader {
  page(sessionId: string, after: number, limit: number): Promise<TranscriptPage>;
}

/** The secret deliveries of a trigger are signed with; undefined when there is no such trigger. */
export interface WebhookDirectory {
  secretOf(triggerId: string): string | undefined;
}

export interface HealthReport {
  readonly status: 'ok' | 'degraded';
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly detail: string }>>;
}

export interface GatewayOptions {
  /** Address to listen on. Default: `127.0.0.1`. */
  readonly host?: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /**
   * Host headers accepted beside the loopback names and `host` with the port that is listened on, as
   * `name` or `name:port`: what a reverse proxy, a tunnel or a published container port is called by.
   */
  readonly allowedHosts?: readonly string[];
  readonly history: HistoryReader;
  readonly commands: CommandSender;
  readonly transcripts: TranscriptReader;
  readonly live: () => LiveAccess;
  readonly health: () => Promise<HealthReport>;
  readonly webhooks: WebhookDirectory;
  /** Folder of the built console; may be missing. */
  readonly consoleFolder: string;
  readonly login: LoginKeeper;
  readonly metrics: MetricsSource;
  readonly log: GatewayLog;
  readonly clock: Clock;
  /** Ids unique in the log: they tie an answer that hides a defect to the log line that describes it. */
  readonly newId: () => string;
}
