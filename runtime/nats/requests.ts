/** Requests and answers over core NATS: consoles speak to the gateway this way, commands to the running system. */
import type { NatsConnection } from '@nats-io/nats-core';
import { SignalboxError, describeError } from '../contract/errors.ts';
import type { WorkerLog } from '../worker/log.ts';

/** Returns the way to stop listening. `answer` never sees anything but parsed JSON, and must not throw for bad input. */
export function listenForRequests(
  connection: NatsConnection,
  subject: string,
  answer: (request: unknown) => Promise<unknown>,
  log: WorkerLog,
): () => void {
  const respond = async (text: string): Promise<unknown> => {
    try {
      return await answer(JSON.parse(text));
    } catch (error) {
      log.warn('a request failed', { subject, error: describeError(error) });
      return { status: 'refused', reason: 'the request could not be understood or carried out' };
    }
  };
  const subscription = connection.subscribe(subject, {
    queue: 'answering',
    callback: (error, message) => {
      if (error !== null) return;
      respond(message.string())
        .then((reply) => message.respond(JSON.stringify(reply)))
        .catch((failure: unknown) => {
          // The connection closed meanwhile: whoever asked hears of it by its own time-out.
          log.warn('a reply was not sent', { subject, error: describeError(failure) });
        });
    },
  });
  return () => {
    subscription.unsubscribe();
  };
}

/** Throws `SB_NATS_UNAVAILABLE` when nobody answers in time. */
export async function sendRequest(
  connection: NatsConnection,
  subject: string,
  request: unknown,
  timeoutMs: number,
): Promise<unknown> {
  try {
    const reply = await connection.request(subject, JSON.stringify(request), {
      timeout: timeoutMs,
    });
    return reply.json<unknown>();
  } catch (error) {
    throw new SignalboxError(
      'SB_NATS_UNAVAILABLE',
      `nobody answered on ${subject}: ${describeError(error)}`,
      {
        cause: error,
        retryable: true,
      },
    );
  }
}
