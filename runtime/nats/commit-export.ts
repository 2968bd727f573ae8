/** Reads the last commit of every actor, as it is stored: partition by partition, a page at a time. Changes nothing. */
import {
  AckPolicy,
  DeliverPolicy,
  jetstream,
  jetstreamManager,
  type Consumer,
  type JetStreamManager,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import type { ActorAddress } from '../contract/address.ts';
import { SignalboxError } from '../contract/errors.ts';
import { addressOfSubject, type SubjectSpace } from '../contract/subjects.ts';
import { unavailable } from './read-failure.ts';
import { stateStream } from './streams.ts';

/** What is in memory at one time; a commit has a megabyte at most, and hardly any has more than ten kilobytes. */
const pageSize = 64;
/** A page that is there comes at once; one that does not means that the server is away. */
const pageTimeoutMs = 10_000;
/** The server forgets the consumer of a reader that has died. */
const forgottenAfterNs = 60_000_000_000;

export interface StoredState {
  readonly address: ActorAddress;
  /** Position of the commit in its stream. */
  readonly seq: number;
  readonly text: string;
}

/** As of when a partition is come to; actors go on meanwhile. Throws `SB_NATS_UNAVAILABLE`. */
export async function* readLastCommits(
  connection: NatsConnection,
  space: SubjectSpace,
): AsyncGenerator<StoredState> {
  const manager = await jetstreamManager(connection);
  for (let partition = 0; partition < space.partitionCount; partition += 1) {
    yield* readPartition(connection, manager, space.namespace, partition);
  }
}

async function* readPartition(
  connection: NatsConnection,
  manager: JetStreamManager,
  namespace: string,
  partition: number,
): AsyncGenerator<StoredState> {
  const stream = stateStream(partition);
  const failed = unavailable(`cannot read the states of partition ${partition}`);
  const info = await manager.consumers
    .add(stream, {
      filter_subject: `a.${partition}.${namespace}.>`,
      deliver_policy: DeliverPolicy.LastPerSubject,
      ack_policy: AckPolicy.None,
      mem_storage: true,
      num_replicas: 1,
      inactive_threshold: forgottenAfterNs,
    })
    .catch(failed);
  try {
    const consumer = await jetstream(connection).consumers.get(stream, info.name).catch(failed);
    let left = info.num_pending;
    while (left > 0) {
      const page = await readPage(consumer, Math.min(left, pageSize)).catch(failed);
      // Nothing is acknowledged, so nothing is sent again: what is missing would be missing for good.
      if (page.length === 0) throw interrupted(partition);
      left -= page.length;
      yield* page;
    }
  } finally {
    // The server forgets it by itself when this does not reach it any more.
    await manager.consumers.delete(stream, info.name).catch(() => false);
  }
}

async function readPage(consumer: Consumer, count: number): Promise<readonly StoredState[]> {
  const page: StoredState[] = [];
  const messages = await consumer.fetch({ max_messages: count, expires: pageTimeoutMs });
  for await (const message of messages) {
    const address = addressOfSubject(message.subject);
    if (address === undefined) continue;
    page.push({ address, seq: message.seq, text: message.string() });
  }
  return page;
}

function interrupted(partition: number): SignalboxError {
  return new SignalboxError(
    'SB_NATS_UNAVAILABLE',
    `reading the states of partition ${partition} was interrupted`,
    { retryable: true, next: 'Try again when the server is back.' },
  );
}
