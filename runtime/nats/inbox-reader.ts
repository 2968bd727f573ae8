/**
 * Reads one partition of INBOX in order from a given position. An ordered consumer, not a durable one:
 * a durable consumer with acknowledgements re-orders when another worker takes over.
 */
import type { JetStreamManager, JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { commandEnvelopeSchema } from '../contract/command.ts';
import { describeError } from '../contract/errors.ts';
import { addressOfSubject, type SubjectSpace } from '../contract/subjects.ts';
import type { InboxMessage, InboxReader } from '../core/storage.ts';
import type { WorkerLog } from '../worker/log.ts';
import { readOrdered } from './ordered-reader.ts';
import { unavailable } from './read-failure.ts';
import { inboxStream } from './streams.ts';

export function createInboxReader(
  connection: NatsConnection,
  manager: JetStreamManager,
  space: SubjectSpace,
  log: WorkerLog,
): InboxReader {
  const filterOf = (partition: number): string => `in.${partition}.${space.namespace}.>`;
  return {
    read: (partition, after, deliver, signal) =>
      readOrdered(connection, {
        stream: inboxStream(partition),
        filter: filterOf(partition),
        after,
        signal,
        log,
        deliver: (message) => {
          deliver(parseMessage(message));
        },
      }),
    trim: async (partition, through) => {
      await manager.streams
        .purge(inboxStream(partition), { filter: filterOf(partition), seq: through + 1 })
        .catch(unavailable(`the inbox of partition ${partition} was not trimmed`));
    },
  };
}

function parseMessage(message: JsMsg): InboxMessage {
  const address = addressOfSubject(message.subject) ?? { kind: '', id: '' };
  const position = { seq: message.seq, behind: message.info.pending };
  try {
    const command = commandEnvelopeSchema.parse(message.json());
    return { ...position, address, content: { status: 'command', command } };
  } catch (error) {
    return {
      ...position,
      address,
      content: { status: 'unreadable', reason: describeError(error), text: message.string() },
    };
  }
}
