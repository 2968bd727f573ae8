/**
 * Asks one consumer for messages. The client's own `consume` asks for more as soon as messages have arrived, worked on
 * or not; here as many are asked for as there are hands, and requests may stay open so that what is queued later comes
 * at once.
 */
import {
  createInbox,
  nanos,
  type Msg,
  type NatsConnection,
  type Subscription,
} from '@nats-io/nats-core';
import { watchConnection } from './connection.ts';

/** On top of a request's time, for the server's own answer that it has expired. */
const graceMs = 1_000;

export interface WorkPull {
  /** Asks for `batch` messages; those that have not come after `forMs` do not come any more. */
  request(batch: number, forMs: number, purpose: RequestPurpose): void;
  /** Messages that open requests of this purpose may still bring. */
  coming(purpose: RequestPurpose): number;
  /** Until the last open request has expired; 0 when none is open. */
  readonly openMs: number;
}

/** `hand`: somebody has been promised what comes. `standing`: for whoever is free when something comes. */
export type RequestPurpose = 'hand' | 'standing';

interface Request {
  readonly purpose: RequestPurpose;
  missing: number;
  readonly expiresAtMs: number;
  readonly timer: NodeJS.Timeout;
  readonly subscription: Subscription;
}

export interface WorkPullOptions {
  readonly connection: NatsConnection;
  readonly stream: string;
  readonly consumer: string;
  readonly deliver: (message: Msg, purpose: RequestPurpose) => void;
  /** A request is over without all of its messages: it has expired, or the connection was lost. */
  readonly ended: (purpose: RequestPurpose) => void;
  /** The server has no such consumer, or cannot serve it now. */
  readonly refused: (reason: string) => void;
}

/** Answers that carry no message. Nobody listens: there is no such consumer, or JetStream is not ready. */
const expired = 408;
const noResponders = 503;

export function createWorkPull(options: WorkPullOptions): WorkPull {
  const { connection } = options;
  const subject = `$JS.API.CONSUMER.MSG.NEXT.${options.stream}.${options.consumer}`;
  const open = new Set<Request>();

  const close = (request: Request): void => {
    clearTimeout(request.timer);
    request.subscription.unsubscribe();
    open.delete(request);
  };
  const receive = (request: Request, message: Msg): void => {
    const status = readStatus(message);
    if (status === undefined) {
      request.missing -= 1;
      if (request.missing === 0) close(request);
      options.deliver(message, request.purpose);
      return;
    }
    close(request);
    if (status.code === expired) options.ended(request.purpose);
    else options.refused(status.description);
  };

  watchConnection(connection, (change) => {
    // What was asked for before the loss may never be answered.
    for (const request of open) close(request);
    if (change === 'reconnected') options.ended('standing');
  });

  return {
    request: (batch, forMs, purpose) => {
      if (connection.isClosed()) return;
      const timer = setTimeout(() => {
        close(asked);
        options.ended(purpose);
      }, forMs + graceMs);
      timer.unref();
      // An item comes under its own subject, and the server serves open requests in turns, a message each: only a
      // subscription for every request tells which of them has brought it.
      const inbox = createInbox();
      const subscription = connection.subscribe(inbox, {
        callback: (error, message) => {
          if (error === null) receive(asked, message);
        },
      });
      const asked: Request = {
        purpose,
        missing: batch,
        expiresAtMs: Date.now() + forMs,
        timer,
        subscription,
      };
      open.add(asked);
      const body = JSON.stringify({ batch, expires: nanos(forMs) });
      connection.publish(subject, body, { reply: inbox });
    },
    coming: (purpose) => {
      let sum = 0;
      for (const request of open) if (request.purpose === purpose) sum += request.missing;
      return sum;
    },
    get openMs() {
      const latest = Math.max(0, ...[...open].map(({ expiresAtMs }) => expiresAtMs));
      return Math.max(0, latest - Date.now());
    },
  };
}

function readStatus({
  headers,
  data,
}: Msg): { readonly code: number; readonly description: string } | undefined {
  if (headers === undefined || headers.code === 0 || data.length > 0) return undefined;
  const { code, description } = headers;
  return {
    code,
    description: description === '' && code === noResponders ? 'nobody answers' : description,
  };
}
