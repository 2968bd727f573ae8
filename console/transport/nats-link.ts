/**
 * One NATS connection over WebSocket, from open to close. The only file of the console that knows
 * @nats-io/nats-core. Never reconnects by itself: live.ts opens the next one with fresh credentials.
 */
import { RequestError, TimeoutError, wsconnect, type Msg } from '@nats-io/nats-core';
import { describeError } from '../../runtime/contract/errors.ts';
import type { LiveAccess } from '../../runtime/contract/live.ts';

/** A dead server is noticed after two unanswered pings. */
const pingIntervalMs = 10_000;
const maxUnansweredPings = 2;
const connectTimeoutMs = 5_000;
/** The gateway answers a command when JetStream has stored it. */
const requestTimeoutMs = 8_000;

export type LiveCredentials = Extract<LiveAccess, { status: 'available' }>;

/** A message that the server re-published from a stream, with its place there. */
export interface LinkMessage {
  readonly seq: number;
  /** The position of the message before it on the same subject; 0 for the first. */
  readonly previousOnSubject: number;
  readonly body: unknown;
}

export type LinkAnswer =
  | { readonly status: 'answered'; readonly body: unknown }
  /** Certain not to have been taken. */
  | { readonly status: 'notSent'; readonly reason: string }
  /** Sent, and nothing came back: it may have been taken. */
  | { readonly status: 'unanswered' };

export interface NatsLink {
  /** Returns a function that ends the subscription. */
  subscribe(subject: string, receive: (message: LinkMessage) => void): () => void;
  /** Resolves when the server has taken everything sent so far, subscriptions included. */
  flush(): Promise<void>;
  request(subject: string, body: unknown): Promise<LinkAnswer>;
  /** Resolves, with the reason, when the connection is gone for whatever cause. */
  readonly closed: Promise<string>;
  close(): Promise<void>;
}

export async function openNatsLink(credentials: LiveCredentials): Promise<NatsLink> {
  const connection = await wsconnect({
    servers: [credentials.url],
    user: credentials.user,
    pass: credentials.password,
    inboxPrefix: credentials.inboxPrefix,
    name: 'signalbox console',
    reconnect: false,
    timeout: connectTimeoutMs,
    pingInterval: pingIntervalMs,
    maxPingOut: maxUnansweredPings,
  });
  return {
    subscribe: (subject, receive) => {
      // Closed, and `closed` has not been seen yet: the next link will get the subscription.
      if (connection.isClosed()) return () => undefined;
      const subscription = connection.subscribe(subject, {
        callback: (error, message) => {
          const read = error === null ? readMessage(message) : undefined;
          if (read !== undefined) receive(read);
        },
      });
      return () => {
        if (!connection.isClosed()) subscription.unsubscribe();
      };
    },
    flush: () => connection.flush(),
    request: async (subject, body) => {
      if (connection.isClosed()) return { status: 'notSent', reason: 'the connection was lost' };
      try {
        const reply = await connection.request(subject, JSON.stringify(body), {
          timeout: requestTimeoutMs,
        });
        return { status: 'answered', body: reply.json<unknown>() };
      } catch (error) {
        if (error instanceof TimeoutError) return { status: 'unanswered' };
        const noOneThere = error instanceof RequestError && error.isNoResponders();
        const reason = noOneThere
          ? 'the gateway does not listen for commands'
          : describeError(error);
        return connection.isClosed() ? { status: 'unanswered' } : { status: 'notSent', reason };
      }
    },
    closed: connection
      .closed()
      .then((error) => (error instanceof Error ? error.message : 'the connection was closed')),
    close: () => connection.close(),
  };
}

/** Undefined for what is not a re-published JSON message: history will show it, if it was one. */
function readMessage(message: Msg): LinkMessage | undefined {
  const seq = Number(message.headers?.get('Nats-Sequence'));
  const previousOnSubject = Number(message.headers?.get('Nats-Last-Sequence'));
  if (!Number.isSafeInteger(seq) || seq < 1 || !Number.isSafeInteger(previousOnSubject))
    return undefined;
  try {
    return { seq, previousOnSubject, body: message.json<unknown>() };
  } catch {
    return undefined;
  }
}
