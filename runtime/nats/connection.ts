/** The connection to NATS: made once, reconnecting for ever, failures as `SignalboxError`. */
import { connect } from '@nats-io/transport-node';
import type { NatsConnection } from '@nats-io/nats-core';
import { SignalboxError, describeError } from '../contract/errors.ts';

/** For those who may not import @nats-io themselves. */
export type Connection = NatsConnection;

export interface ConnectionSettings {
  /**
   * May name user and password (`nats://user:password@host:4222`); those given separately win. The servers of a cluster
   * have commas in between.
   */
  readonly url: string;
  readonly user?: string;
  readonly password?: string;
  /** Shown in the server's list of connections. */
  readonly name: string;
}

const reconnectEveryMs = 200;
/**
 * A server that stands still, or a network that swallows everything, closes no connection: two pings without an answer
 * do, after four to six seconds. The client's own measure is minutes, in which another server of the cluster would do.
 */
const pingEveryMs = 2_000;
const pingsUnanswered = 2;
/** For a server to say who it is; one that stands still takes connections and says nothing. */
const greetingTimeoutMs = 5_000;

/** Throws `SB_NATS_UNAVAILABLE` when the server cannot be reached or refuses the credentials. */
export async function openConnection(settings: ConnectionSettings): Promise<NatsConnection> {
  const { servers, credentials } = readUrl(settings.url);
  try {
    return await connect({
      servers: [...servers],
      name: settings.name,
      maxReconnectAttempts: -1,
      reconnectTimeWait: reconnectEveryMs,
      pingInterval: pingEveryMs,
      maxPingOut: pingsUnanswered,
      timeout: greetingTimeoutMs,
      ...credentials,
      ...(settings.user === undefined ? {} : { user: settings.user }),
      ...(settings.password === undefined ? {} : { pass: settings.password }),
    });
  } catch (error) {
    throw new SignalboxError(
      'SB_NATS_UNAVAILABLE',
      `cannot connect to NATS at ${servers.join(', ')}: ${describeError(error)}`,
      {
        cause: error,
        retryable: true,
        next: 'Is it running there, and are user and password right?',
      },
    );
  }
}

interface Credentials {
  readonly user?: string;
  readonly pass?: string;
}

/** The client ignores credentials in a URL, and a message must not show them. Those of the first server that has any count. */
export function readUrl(url: string): {
  readonly servers: readonly string[];
  readonly credentials: Credentials;
} {
  const parts = url.split(',').map((part) => splitCredentials(part.trim()));
  const named = parts.find(({ credentials }) => credentials.user !== undefined);
  return { servers: parts.map(({ server }) => server), credentials: named?.credentials ?? {} };
}

function splitCredentials(url: string): {
  readonly server: string;
  readonly credentials: Credentials;
} {
  const match = /^([a-z]+:\/\/)?([^/@:]+)(?::([^/@]*))?@(.*)$/.exec(url);
  if (match === null) return { server: url, credentials: {} };
  const [, scheme = '', user = '', pass = '', rest = ''] = match;
  const credentials = { user: decodeURIComponent(user), pass: decodeURIComponent(pass) };
  return { server: scheme + rest, credentials };
}

type ConnectionChange = 'disconnected' | 'reconnected';
type Watcher = (change: ConnectionChange) => void;

/** One reading of a connection's status for all who watch it: a reading cannot be given back before its end. */
const watchersOf = new WeakMap<NatsConnection, Set<Watcher>>();

/** Calls back on every loss and return of the connection; returns the way to stop that. */
export function watchConnection(connection: NatsConnection, changed: Watcher): () => void {
  const known = watchersOf.get(connection);
  const watchers = known ?? new Set<Watcher>();
  // A function of its own, so that one watcher given twice is two.
  const watcher: Watcher = (change) => {
    changed(change);
  };
  watchers.add(watcher);
  if (known === undefined) {
    watchersOf.set(connection, watchers);
    void announceChanges(connection, watchers);
  }
  return () => {
    watchers.delete(watcher);
  };
}

async function announceChanges(connection: NatsConnection, watchers: Set<Watcher>): Promise<void> {
  const announce = (change: ConnectionChange): void => {
    for (const watcher of watchers) watcher(change);
  };
  for await (const status of connection.status()) {
    if (status.type === 'disconnect') announce('disconnected');
    if (status.type === 'reconnect') announce('reconnected');
  }
}
