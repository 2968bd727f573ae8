/**
 * Acknowledged publishing to JetStream with one reply inbox and a map of waiting promises: several times
 * faster than a request with its own timer per message (bench/README.md). Every publish is acknowledged;
 * unacknowledged ones can be dropped by the server without a word. What is published in one turn of the event
 * loop leaves in a few writes to the socket, each of them a system call here and there.
 */
import {
  createInbox,
  headers as createHeaders,
  type Msg,
  type NatsConnection,
} from '@nats-io/nats-core';
import { SignalboxError, describeError } from '../contract/errors.ts';
import { watchConnection } from './connection.ts';
import { readPublishAck } from './publish-ack.ts';
import { isWrongSequence, refusalError, unavailable } from './publish-refusal.ts';

export interface PublishRequest {
  readonly subject: string;
  readonly data: Uint8Array | string;
  readonly messageId?: string;
  /** The publish is refused unless this is the last position of the subject; 0: there is none. */
  readonly expectedLastSubjectSeq?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export type PublishOutcome =
  | { readonly status: 'stored'; readonly seq: number; readonly duplicate: boolean }
  | { readonly status: 'wrongSequence' };

export interface Publisher {
  /** What one message may hold, headers included. */
  readonly maxPayloadBytes: number;
  /** Why the last publish was not stored; undefined when it was. */
  readonly lastFailure: SignalboxError | undefined;
  /** Throws `SB_NATS_UNAVAILABLE` and `SB_STORAGE_FULL` (both retryable), `SB_PROTOCOL` for anything else. */
  publish(request: PublishRequest): Promise<PublishOutcome>;
}

interface Waiting {
  readonly subject: string;
  readonly sentAtMs: number;
  readonly resolve: (outcome: PublishOutcome) => void;
  readonly reject: (error: SignalboxError) => void;
}

/** How long an acknowledgement may take. An fsync on a slow disk takes tens of milliseconds. */
const ackTimeoutMs = 5_000;
const sweepEveryMs = 1_000;

/** Publishes that leave in one write: enough to spare system calls, few enough that the server begins while we go on. */
const publishesPerWrite = 32;

/** Until the server has said what it takes; what a server takes by default. */
const smallestMaxPayload = 1_048_576;

export function createPublisher(connection: NatsConnection): Publisher {
  const waiting = createWaitingList();
  const inbox = createInbox();
  let connected = true;
  let unsent: { readonly id: number; readonly request: PublishRequest }[] = [];

  const send = (id: number, request: PublishRequest): void => {
    // What has failed while it waited for its turn must not be stored after all.
    if (!waiting.has(id)) return;
    try {
      connection.publish(request.subject, request.data, {
        reply: `${inbox}.${id}`,
        headers: headersOf(request),
      });
    } catch (error) {
      waiting.take(id)?.reject(publishFailure(connection, request.subject, error));
    }
  };
  const sendAll = (): void => {
    const sending = unsent;
    unsent = [];
    for (const { id, request } of sending) send(id, request);
  };

  connection.subscribe(`${inbox}.*`, {
    callback: (error, message) => {
      if (error !== null) return;
      const entry = waiting.take(Number(message.subject.slice(inbox.length + 1)));
      if (entry !== undefined) settleWithAck(entry, message);
    },
  });
  const sweep = setInterval(() => {
    waiting.failAll('was not acknowledged in time', Date.now() - ackTimeoutMs);
  }, sweepEveryMs);
  sweep.unref();
  watchConnection(connection, (status) => {
    connected = status === 'reconnected';
    // On the return too: what was sent in the instant before the loss was noticed is lost as well.
    waiting.failAll('lost its connection', Date.now());
  });
  void connection.closed().finally(() => {
    clearInterval(sweep);
    waiting.failAll('lost its connection', Date.now());
  });

  return {
    get maxPayloadBytes() {
      return connection.info?.max_payload ?? smallestMaxPayload;
    },
    get lastFailure() {
      return waiting.lastFailure;
    },
    publish: (request) => {
      // What is published without a connection waits in a buffer that a failed attempt to reconnect empties.
      if (!connected || connection.isClosed()) {
        return Promise.reject(unavailable(request.subject, 'was refused: there is no connection'));
      }
      return new Promise((resolve, reject) => {
        const id = waiting.add(request.subject, resolve, reject);
        const count = unsent.push({ id, request });
        if (count === 1) setImmediate(sendAll);
        if (count === publishesPerWrite) sendAll();
      });
    },
  };
}

interface WaitingList {
  /** Returns the id under which it waits. */
  add(subject: string, resolve: Waiting['resolve'], reject: Waiting['reject']): number;
  has(id: number): boolean;
  /** The caller settles it. */
  take(id: number): Waiting | undefined;
  failAll(text: string, olderThanMs: number): void;
  readonly lastFailure: SignalboxError | undefined;
}

/** Publishes without an acknowledgement, oldest first, and how the last one that has got an answer ended. */
function createWaitingList(): WaitingList {
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let lastFailure: SignalboxError | undefined;
  const take = (id: number): Waiting | undefined => {
    const entry = waiting.get(id);
    waiting.delete(id);
    return entry;
  };
  return {
    take,
    has: (id) => waiting.has(id),
    add: (subject, resolve, reject) => {
      const id = (lastId += 1);
      waiting.set(id, {
        subject,
        sentAtMs: Date.now(),
        resolve: (outcome) => {
          lastFailure = undefined;
          resolve(outcome);
        },
        reject: (error) => {
          lastFailure = error;
          reject(error);
        },
      });
      return id;
    },
    failAll: (text, olderThanMs) => {
      for (const [id, entry] of waiting) {
        if (entry.sentAtMs <= olderThanMs) take(id)?.reject(unavailable(entry.subject, text));
      }
    },
    get lastFailure() {
      return lastFailure;
    },
  };
}

/** The client refuses what is too large or has a subject that is none; it throws as well once it is closed. */
function publishFailure(
  connection: NatsConnection,
  subject: string,
  error: unknown,
): SignalboxError {
  return connection.isClosed()
    ? unavailable(subject, 'was refused: the connection is closed')
    : new SignalboxError(
        'SB_PROTOCOL',
        `a message for ${subject} cannot be sent: ${describeError(error)}`,
        {
          cause: error,
        },
      );
}

function headersOf(request: PublishRequest): ReturnType<typeof createHeaders> {
  const headers = createHeaders();
  if (request.messageId !== undefined) headers.set('Nats-Msg-Id', request.messageId);
  if (request.expectedLastSubjectSeq !== undefined) {
    headers.set('Nats-Expected-Last-Subject-Sequence', String(request.expectedLastSubjectSeq));
  }
  for (const [name, value] of Object.entries(request.headers ?? {})) headers.set(name, value);
  return headers;
}

function settleWithAck(entry: Waiting, message: Msg): void {
  // 503: no stream listens, because the server is starting or JetStream is off.
  if (message.data.length === 0) {
    entry.reject(
      unavailable(entry.subject, `found no stream (status ${message.headers?.code ?? 'unknown'})`),
    );
    return;
  }
  const ack = readPublishAck(message.data);
  if (ack === undefined) {
    entry.reject(
      new SignalboxError('SB_PROTOCOL', `the answer to ${entry.subject} is no acknowledgement`),
    );
  } else if (ack.status === 'stored') entry.resolve(ack);
  else if (isWrongSequence(ack.error)) entry.resolve({ status: 'wrongSequence' });
  else entry.reject(refusalError(entry.subject, ack.error));
}
