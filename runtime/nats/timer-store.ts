/** The stored messages of timers on JetStream: the names are in the headers of commits, and in the subjects of INBOX. */
import { AckPolicy, DeliverPolicy, jetstream, type JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import {
  addressOfSubject,
  partitionOf,
  timerSubject,
  type SubjectSpace,
} from '../contract/subjects.ts';
import type { TimerOwner, TimerStore } from '../core/timer-store.ts';
import type { LastMessageReader } from './last-message.ts';
import { readFailure, unavailable } from './read-failure.ts';
import { inboxStream, stateStream } from './streams.ts';

/** On a commit that waits for timers: their names. The audit of timers reads nothing else of it. */
export const timersHeader = 'Signalbox-Timers';
export const scheduleHeader = 'Nats-Schedule';
const schedulePrefix = '@at ';

/** Commits looked at with one request. */
const pageSize = 2_000;
/** A page that is not full is answered after this long at the latest. */
const pageWaitMs = 2_000;
/** The server forgets the reader of an audit that was cut off after this long. */
const readerKeptNs = 30_000_000_000;

export function formatSchedule(atMs: number): string {
  return `${schedulePrefix}${new Date(atMs).toISOString()}`;
}

export function createTimerStore(
  connection: NatsConnection,
  manager: JetStreamManager,
  space: SubjectSpace,
  readLast: LastMessageReader,
): TimerStore {
  return {
    find: async (owner, timerId) => {
      const stream = inboxStream(partitionOf(owner, space.partitionCount));
      const message = await readLast(stream, timerSubject(space, owner, timerId)).catch(
        readFailure(`a timer of ${owner.kind}/${owner.id}`),
      );
      const schedule = message?.header.get(scheduleHeader) ?? '';
      const atMs = Date.parse(schedule.slice(schedulePrefix.length));
      return Number.isNaN(atMs) ? undefined : atMs;
    },
    listOwners: (partition) =>
      listOwners(connection, manager, partition, `a.${partition}.${space.namespace}.>`).catch(
        unavailable(`the timers of partition ${partition} cannot be listed`),
      ),
    listStored: async (partition) => {
      const prefix = `tm.${partition}.${space.namespace}.`;
      const info = await manager.streams
        .info(inboxStream(partition), { subjects_filter: `${prefix}>` })
        .catch(unavailable(`the timers of partition ${partition} cannot be listed`));
      const subjects = Object.keys(info.state.subjects ?? {});
      return new Set(subjects.map((subject) => subject.slice(prefix.length)));
    },
  };
}

/** The headers of every actor's last commit, without its body. */
async function listOwners(
  connection: NatsConnection,
  manager: JetStreamManager,
  partition: number,
  filter: string,
): Promise<readonly TimerOwner[]> {
  const stream = stateStream(partition);
  const { last_seq: lastSeq } = (await manager.streams.info(stream)).state;
  const { name, num_pending: actors } = await manager.consumers.add(stream, {
    filter_subject: filter,
    deliver_policy: DeliverPolicy.LastPerSubject,
    ack_policy: AckPolicy.None,
    headers_only: true,
    mem_storage: true,
    inactive_threshold: readerKeptNs,
  });
  const owners: TimerOwner[] = [];
  const reader = await jetstream(connection).consumers.get(stream, name);
  for (let pending = actors; pending > 0;) {
    const before = pending;
    const page = await reader.fetch({
      max_messages: Math.min(pageSize, pending),
      expires: pageWaitMs,
    });
    for await (const message of page) {
      // What has been committed since the start comes behind: its timers are new.
      pending = message.seq > lastSeq ? 0 : message.info.pending;
      if (pending === 0 && message.seq > lastSeq) break;
      const tokens = message.headers?.get(timersHeader) ?? '';
      const address = addressOfSubject(message.subject);
      if (tokens !== '' && address !== undefined) owners.push({ address, tokens });
    }
    // The rest has been replaced since.
    if (pending === before) break;
  }
  await manager.consumers.delete(stream, name);
  return owners;
}
