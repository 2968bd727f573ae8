/**
 * Asks one consumer for messages. The client's own `consume` asks for more as soon as messages have arrived, worked on
 * or not; here as many are asked for as there are hands, and requests may stay open so that what is queued later comes
 * at once.
 */
import { createInbox, nanos, type Msg, type NatsConnection } from '@nats-io/nats-core';
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
  const inbox = createInbox();
  const subject = `$JS.API.CONSUMER.MSG.NEXT.${options.stream}.${options.consumer}`;
  const open = new Map<string, Request>();
  let requests = 0;

  const close = (id: string): Request | undefined => {
    const request = open.get(id);
    clearTimeout(request?.timer);
    open.delete(id);
    return request;
  };
  const end = (id: string): void => {
    const request = close(id);
    if (request !== undefined) options.ended(request.purpose);
  };
  /** An item comes under its own subject, which does not say for whom: requests are served in their order. */
  const countDelivery = (): RequestPurpose => {
    const [oldest] = open;
    if (oldest === undefined) return 'standing';
    const [id, request] = oldest;
    request.missing -= 1;
    if (request.missing === 0) close(id);
    return request.purpose;
  };
  const receive = (message: Msg): void => {
    const status = readStatus(message);
    if (status === undefined) {
      options.deliver(message, countDelivery());
      return;
    }
    const id = message.subject.slice(inbox.length + 1);
    if (status.code === expired) end(id);
    else if (close(id) !== undefined) options.refused(status.description);
  };

  connection.subscribe(`${inbox}.*`, {
    callback: (error, message) => {
      if (error === null) receive(message);
    },
  });
  watchConnection(connection, (change) => {
    // What was asked for before the loss may never be answered.
    for (const { timer } of open.values()) clearTimeout(timer);
    open.clear();
    if (change === 'reconnected') options.ended('standing');
  });

  return {
    request: (batch, forMs, purpose) => {
      if (connection.isClosed()) return;
      const id = String((requests += 1));
      const timer = setTimeout(() => {
        end(id);
      }, forMs + graceMs);
      timer.unref();
      open.set(id, { purpose, missing: batch, expiresAtMs: Date.now() + forMs, timer });
      const body = JSON.stringify({ batch, expires: nanos(forMs) });
      connection.publish(subject, body, { reply: `${inbox}.${id}` });
    },
    coming: (purpose) => {
      let sum = 0;
      for (const request of open.values()) if (request.purpose === purpose) sum += request.missing;
      return sum;
    },
    get openMs() {
      const latest = Math.max(0, ...[...open.values()].map(({ expiresAtMs }) => expiresAtMs));
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
