/** The connection to NATS: made once, reconnecting for ever, failures as `SignalboxError`. */
import { connect } from '@nats-io/transport-node';
import type { NatsConnection } from '@nats-io/nats-core';
import { SignalboxError, describeError } from '../contract/errors.ts';

export interface ConnectionSettings {
  readonly url: string;
  readonly user?: string;
  readonly password?: string;
  /** Shown in the server's list of connections. */
  readonly name: string;
}

const reconnectEveryMs = 200;

/** Throws `SB_NATS_UNAVAILABLE` when the server cannot be reached or refuses the credentials. */
export async function openConnection(settings: ConnectionSettings): Promise<NatsConnection> {
  try {
    return await connect({
      servers: settings.url,
      name: settings.name,
      maxReconnectAttempts: -1,
      reconnectTimeWait: reconnectEveryMs,
      ...(settings.user === undefined ? {} : { user: settings.user }),
      ...(settings.password === undefined ? {} : { pass: settings.password }),
    });
  } catch (error) {
    throw new SignalboxError('SB_NATS_UNAVAILABLE', `cannot connect to NATS at ${settings.url}: ${describeError(error)}`, {
      cause: error,
      retryable: true,
      next: 'Is it running there, and are user and password right?',
    });
  }
}

/** Calls back on every loss and return of the connection until it is closed for good. */
export function watchConnection(
  connection: NatsConnection,
  changed: (status: 'disconnected' | 'reconnected') => void,
): void {
  void (async () => {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') changed('disconnected');
      if (status.type === 'reconnect') changed('reconnected');
    }
  })();
}
