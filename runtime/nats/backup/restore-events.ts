/**
 * When the streams are lost and a history is not: puts what it tells back into EVENTS, of a server that has nothing of
 * ours. No state comes back by that. Whoever had not ended is told as lost, in the state that history knew last.
 */
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import type { EventMessage, StoredEvent } from '../../contract/event.ts';
import { eventSubject, type SubjectSpace } from '../../contract/subjects.ts';
import type { HistoryReader } from '../../core/ports.ts';
import { createPublisher, type Publisher } from '../publisher.ts';
import type { Retention } from '../retention.ts';
import { ensureStreams } from '../streams.ts';
import { makeRoom } from './restore-backup.ts';

/** Messages under way at once: the connection keeps their order. */
const pageSize = 500;

export interface RestoreEventsOptions {
  readonly connection: NatsConnection;
  readonly space: SubjectSpace;
  readonly replicas: number;
  readonly retention: Retention;
  readonly history: Pick<HistoryReader, 'listEvents'>;
  readonly nowMs: number;
}

export interface LostActor {
  readonly kind: string;
  readonly id: string;
  /** The last that history knew. */
  readonly state: string;
  readonly at: string;
}

export interface RestoredEvents {
  readonly events: number;
  readonly lost: readonly LostActor[];
}

/** Throws `SB_SYSTEM_NOT_EMPTY`, `SB_NATS_UNAVAILABLE`, `SB_STORAGE_FULL`. */
export async function restoreEvents(options: RestoreEventsOptions): Promise<RestoredEvents> {
  const { connection, space, replicas, retention, history } = options;
  const manager = await jetstreamManager(connection);
  await makeRoom(manager, space.partitionCount);
  await ensureStreams(manager, { ...space, replicas, retention });
  const publisher = createPublisher(connection);
  const last = new Map<string, StoredEvent>();
  let events = 0;
  let after = 0;
  for (;;) {
    const page = await history.listEvents({ after, limit: pageSize });
    const end = page.at(-1);
    if (end === undefined) break;
    for (const event of page) last.set(`${event.kind}/${event.actor}`, event);
    await publishAll(publisher, packEvents(page));
    events += page.length;
    after = end.seq;
  }
  const lost = [...last.values()].filter(({ status }) => status === 'active');
  for (let start = 0; start < lost.length; start += pageSize) {
    const messages = lost.slice(start, start + pageSize);
    await publishAll(
      publisher,
      messages.map((event) => tellLost(event, options.nowMs)),
    );
  }
  return {
    events,
    lost: lost.map(({ kind, actor, state, at }) => ({ kind, id: actor, state, at })),
  };
}

async function publishAll(publisher: Publisher, messages: readonly EventMessage[]): Promise<void> {
  await Promise.all(
    messages.map((message) =>
      publisher.publish({
        subject: eventSubject(message.namespace, { kind: message.kind, id: message.actor }),
        messageId: `${message.namespace}:${message.id}`,
        data: JSON.stringify(message),
      }),
    ),
  );
}

/** The messages that the events came in. */
function packEvents(events: readonly StoredEvent[]): readonly EventMessage[] {
  const messages = new Map<number, EventMessage>();
  for (const { seq, i, type, data, id, ...scene } of events) {
    const known = messages.get(seq)?.events ?? [];
    const messageId = id.slice(0, id.lastIndexOf(':'));
    messages.set(seq, { ...scene, id: messageId, events: [...known, { i, type, data }] });
  }
  return [...messages.values()];
}

function tellLost(event: StoredEvent, nowMs: number): EventMessage {
  const { v, namespace, kind, actor, n, state } = event;
  const at = new Date(nowMs).toISOString();
  return {
    v,
    id: `${kind}.${actor}:lost`,
    namespace,
    kind,
    actor,
    at,
    n,
    state,
    status: 'error',
    cause: '',
    events: [{ i: 0, type: 'actorLost', data: { reason: 'its state was lost', since: event.at } }],
  };
}
