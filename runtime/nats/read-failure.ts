/** The one place where failures of JetStream reads and administration become `SignalboxError`. */
import { JetStreamApiError } from '@nats-io/jetstream';
import { SignalboxError, describeError } from '../contract/errors.ts';

const notFound = 404;

/** For `.catch()`: "not found" is an answer (undefined), everything else means that the server is away. */
export function readFailure(what: string): (error: unknown) => undefined {
  return (error) => {
    if (error instanceof JetStreamApiError && error.status === notFound) return undefined;
    throw new SignalboxError('SB_NATS_UNAVAILABLE', `cannot read ${what}: ${describeError(error)}`, {
      cause: error,
      retryable: true,
    });
  };
}
