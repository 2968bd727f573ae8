/** Carries out commits' outboxes: every message with its id, all acknowledged. */
import type { NatsConnection } from '@nats-io/nats-core';
import { assertNever } from '../contract/errors.ts';
import {
  cancelSubject,
  eventSubject,
  inboxSubject,
  timerSubject,
  workSubject,
  type SubjectSpace,
} from '../contract/subjects.ts';
import type { Journal, RelayMessage, RelayOutlet } from '../core/storage.ts';
import type { Publisher, PublishRequest } from './publisher.ts';
import type { ListStoredEvents } from './stored-events.ts';

export function createRelayOutlet(
  connection: Pick<NatsConnection, 'publish'>,
  publisher: Publisher,
  journal: Journal,
  space: SubjectSpace,
  listStoredEvents: ListStoredEvents,
): RelayOutlet {
  const send = async (message: RelayMessage): Promise<void> => {
    if (message.type === 'cancelWork') {
      // The lasting mark first: a pool worker that misses the call finds the mark.
      await journal.put(message.effectId, 'cancel', true);
      connection.publish(cancelSubject(message.pool, space.namespace), message.effectId);
      return;
    }
    await publisher.publish(toRequest(space, message));
  };
  const sendInOrder = async (messages: readonly RelayMessage[]): Promise<void> => {
    for (const message of messages) await send(message);
  };
  const publish = async (messages: readonly RelayMessage[]): Promise<void> => {
    await Promise.all(groupByReceiver(messages).map(sendInOrder));
  };
  return {
    publish,
    publishAgain: async (messages) => {
      const first = messages.find((message) => message.type === 'event')?.event;
      if (first === undefined) return publish(messages);
      // All events of a commit are of its actor and its time.
      const address = { kind: first.kind, id: first.actor };
      const stored = await listStoredEvents(address, Date.parse(first.at));
      return publish(
        messages.filter((message) => message.type !== 'event' || !stored.has(message.event.id)),
      );
    },
  };
}

/**
 * Commands to one actor must arrive in order: it takes a command behind a later one of the same sender for
 * a repeat, and one that is refused for a moment while the next is stored would be lost. All else is
 * published at once.
 */
function groupByReceiver(messages: readonly RelayMessage[]): readonly (readonly RelayMessage[])[] {
  const commands = new Map<string, RelayMessage[]>();
  const others: RelayMessage[][] = [];
  for (const message of messages) {
    if (message.type !== 'command') {
      others.push([message]);
      continue;
    }
    const key = `${message.to.kind}/${message.to.id}`;
    const group = commands.get(key);
    if (group === undefined) commands.set(key, [message]);
    else group.push(message);
  }
  return [...commands.values(), ...others];
}

function toRequest(
  space: SubjectSpace,
  message: Exclude<RelayMessage, { type: 'cancelWork' }>,
): PublishRequest {
  // The streams are shared by all namespaces.
  const messageId = `${space.namespace}:${message.messageId}`;
  switch (message.type) {
    case 'event':
      return {
        messageId,
        subject: eventSubject(
          space.namespace,
          { kind: message.event.kind, id: message.event.actor },
          message.event.type,
        ),
        data: JSON.stringify(message.event),
      };
    case 'command':
      return {
        messageId,
        subject: inboxSubject(space, message.to),
        data: JSON.stringify(message.command),
      };
    case 'timer':
      return {
        messageId,
        subject: timerSubject(space, message.owner, message.timerId),
        data: JSON.stringify(message.command),
        headers: {
          'Nats-Schedule': `@at ${new Date(message.atMs).toISOString()}`,
          'Nats-Schedule-Target': inboxSubject(space, message.owner),
        },
      };
    case 'work':
      return {
        messageId,
        subject: workSubject(message.pool, space.namespace),
        data: JSON.stringify(message.work),
      };
    default:
      return assertNever(message);
  }
}
