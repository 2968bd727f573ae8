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
import { createLaneChooser } from '../core/lanes.ts';
import { markRepeated } from '../core/relay.ts';
import type { Clock, RelayMessage, RelayOutlet } from '../core/storage.ts';
import { fileLetter } from './dead-letters.ts';
import type { Publisher, PublishRequest } from './publisher.ts';
import { formatSchedule, scheduleHeader } from './timer-store.ts';
import type { ListStoredEvents } from './stored-events.ts';

/** What `expectedLastSubjectSeq` is about, when it is not the message's own subject. */
const expectedSubject = 'Nats-Expected-Last-Subject-Sequence-Subject';

type WorkMessage = Extract<RelayMessage, { type: 'work' }>;

export function createRelayOutlet(
  connection: Pick<NatsConnection, 'publish'>,
  publisher: Publisher,
  space: SubjectSpace,
  clock: Pick<Clock, 'nowMs'>,
  listStoredEvents: ListStoredEvents,
): RelayOutlet {
  const chooseLane = createLaneChooser();
  const workRequest = ({ messageId, pool, priority, work }: WorkMessage): PublishRequest => {
    const lane = chooseLane({ pool, actorId: work.actor.id, priority, nowMs: clock.nowMs() });
    const { namespace } = space;
    const request = {
      messageId: `${namespace}:${messageId}`,
      subject: workSubject(pool, namespace, lane, work.effectId),
      data: JSON.stringify(work),
    };
    if (work.repeated !== true) return request;
    // One that is still in the queue, whether it waits or somebody works on it, is not put there again.
    const inAnyLane = workSubject(pool, namespace, '*', work.effectId);
    return { ...request, expectedLastSubjectSeq: 0, headers: { [expectedSubject]: inAnyLane } };
  };
  const send = async (message: RelayMessage): Promise<void> => {
    if (message.type === 'cancelWork') {
      // A pool worker that misses the call finds in the actor's commit that nobody waits for the effect.
      connection.publish(cancelSubject(message.pool, space.namespace), message.effectId);
      return;
    }
    if (message.type === 'deadLetter') {
      await fileLetter(publisher, space.namespace, message.letter);
      return;
    }
    if (message.type === 'work') {
      await publisher.publish(workRequest(message));
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
    publishAgain: async (relayed) => {
      const messages = markRepeated(relayed);
      const first = messages.find((message) => message.type === 'events')?.events;
      if (first === undefined) return publish(messages);
      const address = { kind: first.kind, id: first.actor };
      const stored = await listStoredEvents(address, Date.parse(first.at));
      return publish(
        messages.filter((message) => message.type !== 'events' || !stored.has(message.events.id)),
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
  message: Exclude<RelayMessage, { type: 'cancelWork' | 'deadLetter' | 'work' }>,
): PublishRequest {
  // The streams are shared by all namespaces.
  const messageId = `${space.namespace}:${message.messageId}`;
  switch (message.type) {
    case 'events': {
      const { kind, actor } = message.events;
      return {
        messageId,
        subject: eventSubject(space.namespace, { kind, id: actor }),
        data: JSON.stringify(message.events),
      };
    }
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
          [scheduleHeader]: formatSchedule(message.atMs),
          'Nats-Schedule-Target': inboxSubject(space, message.owner),
        },
      };
    default:
      return assertNever(message);
  }
}
