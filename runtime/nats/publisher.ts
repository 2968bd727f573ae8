/**
 * Acknowledged publishing to JetStream with one reply inbox and a map of waiting promises: several times
 * faster than a request with its own timer per message (bench/README.md). Every publish is acknowledged;
 * unacknowledged ones can be dropped by the server without a word.
 */
import {
  createInbox,
  headers as createHeaders,
  type Msg,
  type NatsConnection,
} from '@nats-io/nats-core';
import { z } from 'zod';
import { SignalboxError, describeError } from '../contract/errors.ts';
import { watchConnection } from './connection.ts';

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

/** A refusal carries stream and position too (`seq: 0`), so what tells the two apart is `error`. */
const ackSchema = z.object({
  seq: z.number().optional(),
  duplicate: z.boolean().optional(),
  error: z
    .object({
      code: z.number(),
      err_code: z.number().optional(),
      description: z.string().optional(),
    })
    .optional(),
});

/** Until the server has said what it takes; what a server takes by default. */
const smallestMaxPayload = 1_048_576;

/** JetStream API error codes (nats-server `errors.json`). */
const wrongLastSequence = 10_071;
/** Another copy of the message is being stored: ask again in a moment. */
const duplicateInProcess = 10_158;
const storageCodes = new Set([10_002, 10_023, 10_028, 10_047, 10_077]);

export function createPublisher(connection: NatsConnection): Publisher {
  const waiting = createWaitingList();
  const inbox = createInbox();
  let next = 0;
  let connected = true;

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
    publish: async (request) => {
      // What is published without a connection waits in a buffer that a failed attempt to reconnect empties.
      if (!connected || connection.isClosed())
        throw unavailable(request.subject, 'was refused: there is no connection');
      const id = (next += 1);
      const outcome = waiting.add(id, request.subject);
      try {
        connection.publish(request.subject, request.data, {
          reply: `${inbox}.${id}`,
          headers: headersOf(request),
        });
      } catch (error) {
        waiting.take(id);
        throw publishFailure(connection, request.subject, error);
      }
      return outcome;
    },
  };
}

interface WaitingList {
  add(id: number, subject: string): Promise<PublishOutcome>;
  take(id: number): Waiting | undefined;
  failAll(text: string, olderThanMs: number): void;
  readonly lastFailure: SignalboxError | undefined;
}

/** Publishes without an acknowledgement, oldest first, and how the last one that has got an answer ended. */
function createWaitingList(): WaitingList {
  const waiting = new Map<number, Waiting>();
  let lastFailure: SignalboxError | undefined;
  const take = (id: number): Waiting | undefined => {
    const entry = waiting.get(id);
    waiting.delete(id);
    return entry;
  };
  const watched = ({ resolve, reject, ...entry }: Waiting): Waiting => ({
    ...entry,
    resolve: (outcome) => {
      lastFailure = undefined;
      resolve(outcome);
    },
    reject: (error) => {
      lastFailure = error;
      reject(error);
    },
  });
  return {
    take,
    add: (id, subject) =>
      new Promise((resolve, reject) => {
        waiting.set(id, watched({ subject, sentAtMs: Date.now(), resolve, reject }));
      }),
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
  const ack = ackSchema.safeParse(readJson(message));
  if (!ack.success || (ack.data.error === undefined && ack.data.seq === undefined)) {
    entry.reject(
      new SignalboxError('SB_PROTOCOL', `the answer to ${entry.subject} is no acknowledgement`),
    );
    return;
  }
  const { error, seq = 0, duplicate = false } = ack.data;
  if (error === undefined) {
    entry.resolve({ status: 'stored', seq, duplicate });
    return;
  }
  const { code, err_code: errorCode, description = 'no description' } = error;
  if (errorCode === wrongLastSequence) entry.resolve({ status: 'wrongSequence' });
  else if (errorCode !== undefined && storageCodes.has(errorCode)) {
    entry.reject(
      new SignalboxError(
        'SB_STORAGE_FULL',
        `JetStream has no room for ${entry.subject}: ${description}`,
        {
          retryable: true,
          next: 'Free disk space where the NATS data lies, or raise max_file_store in nats.conf.',
        },
      ),
    );
  } else if (code === 503 || errorCode === duplicateInProcess)
    entry.reject(unavailable(entry.subject, description));
  else {
    entry.reject(
      new SignalboxError(
        'SB_PROTOCOL',
        `JetStream refused ${entry.subject}: ${description} (${errorCode ?? code})`,
      ),
    );
  }
}

function readJson(message: Msg): unknown {
  try {
    return message.json();
  } catch {
    return undefined;
  }
}

function unavailable(subject: string, text: string): SignalboxError {
  return new SignalboxError('SB_NATS_UNAVAILABLE', `a message for ${subject} ${text}`, {
    retryable: true,
  });
}
