/** The one place where failures of JetStream reads and administration become `SignalboxError`. */
import { JetStreamApiError } from '@nats-io/jetstream';
import { JetStreamStatusError } from '@nats-io/jetstream/internal';
import { SignalboxError, describeError } from '../contract/errors.ts';

const notFound = 404;

/** For `.catch()`: "not found" is an answer (undefined), everything else means that the server is away. */
export function readFailure(what: string): (error: unknown) => undefined {
  return (error) => {
    if (error instanceof JetStreamApiError && error.status === notFound) return undefined;
    // Batches of direct reads answer with a status instead of an API error.
    if (error instanceof JetStreamStatusError && error.code === notFound) return undefined;
    return unavailable(`cannot read ${what}`)(error);
  };
}

/** For `.catch()`: says what could not be done; the same may succeed when the server is back. */
export function unavailable(what: string): (error: unknown) => never {
  return (error) => {
    throw new SignalboxError('SB_NATS_UNAVAILABLE', `${what}: ${describeError(error)}`, {
      cause: error,
      retryable: true,
    });
  };
}
