/** Cancellations of pool effects over core NATS, and from which place in the queue on none was missed. */
import type { JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { cancelSubject } from '../contract/subjects.ts';
import type { Cancellations } from '../core/storage.ts';
import { watchConnection } from './connection.ts';
import { workStream } from './streams.ts';

export function createCancellations(
  connection: NatsConnection,
  manager: JetStreamManager,
  namespace: string,
): Cancellations {
  return {
    listen: (pool, cancelled) => {
      let heardFrom: number | undefined;
      /** Counts losses: an answer to a question from before one says nothing. */
      let losses = 0;
      // The server takes the subscription before it answers the question: what is queued later is cancelled later.
      const subscription = connection.subscribe(cancelSubject(pool, namespace), {
        callback: (error, message) => {
          if (error === null) cancelled(message.string());
        },
      });
      const findEnd = (): void => {
        const asked = losses;
        manager.streams.info(workStream).then(
          ({ state }) => {
            if (asked === losses) heardFrom = state.last_seq;
          },
          // Without an answer every item is looked after in its actor's commit: slower, not wrong.
          () => undefined,
        );
      };
      const unwatch = watchConnection(connection, (change) => {
        if (change === 'disconnected') {
          losses += 1;
          heardFrom = undefined;
        } else findEnd();
      });
      findEnd();
      return {
        get heardFrom() {
          return heardFrom;
        },
        stop: () => {
          unwatch();
          subscription.unsubscribe();
        },
      };
    },
  };
}
