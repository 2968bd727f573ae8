/** From a commit's outbox to the messages that carry it out. Pure; message ids make a repeat harmless. */
import type { ActorAddress } from '../contract/address.ts';
import type { CommandEnvelope } from '../contract/command.ts';
import { assertNever } from '../contract/errors.ts';
import type { EventMessage } from '../contract/event.ts';
import { withTrace } from '../contract/trace.ts';
import type { Commit, OutboxEntry } from './commit.ts';
import { toJson } from './draft.ts';
import { formatStateValue } from './restore.ts';
import type { RelayMessage } from './storage.ts';

export function listRelayMessages(
  namespace: string,
  address: ActorAddress,
  commit: Commit,
): readonly RelayMessage[] {
  const events = commit.outbox.filter((entry) => entry.type === 'event');
  const others = commit.outbox.filter((entry) => entry.type !== 'event');
  return [
    ...(events.length === 0 ? [] : [toEventMessage(namespace, address, commit, events)]),
    ...others.map((entry) => toMessage(address, commit, entry)),
  ];
}

type EventEntry = Extract<OutboxEntry, { type: 'event' }>;

function toMessage(
  address: ActorAddress,
  commit: Commit,
  entry: Exclude<OutboxEntry, EventEntry>,
): RelayMessage {
  const messageId = `${address.kind}.${address.id}:${commit.n}:${entry.i}`;
  const envelope = {
    v: 1 as const,
    ...withTrace(commit.trace),
    id: messageId,
    at: commit.at,
    from: { address, n: commit.n, i: entry.i },
  };
  const command = (to: ActorAddress, content: CommandEnvelope): RelayMessage => ({
    type: 'command',
    messageId,
    to,
    command: content,
  });
  switch (entry.type) {
    case 'command':
      return command(entry.to, { ...envelope, purpose: 'deliver', body: entry.body });
    case 'startActor':
      return command(entry.to, { ...envelope, purpose: 'start', input: entry.input });
    case 'startChild':
      return command(entry.to, {
        ...envelope,
        purpose: 'start',
        input: entry.input,
        limits: entry.limits,
        parent: { address, childName: entry.childName, generation: entry.generation },
      });
    case 'stopChild':
      return command(entry.to, { ...envelope, purpose: 'stop', generation: entry.generation });
    case 'ended':
      return command(entry.parent.address, {
        ...envelope,
        purpose: 'childEnded',
        childName: entry.parent.childName,
        generation: entry.parent.generation,
        outcome: entry.outcome,
      });
    case 'setTimer':
      return {
        type: 'timer',
        messageId,
        owner: address,
        timerId: entry.timerId,
        atMs: entry.atMs,
        command: timerCommand(messageId, commit.at, { ...entry, ...withTrace(commit.trace) }),
      };
    case 'startEffect': {
      const { effectId, pool, source, input } = entry;
      const { version } = commit.machine;
      const trace = withTrace(commit.trace);
      const work = { ...trace, effectId, actor: address, version, source, input };
      return { type: 'work', messageId, pool, priority: entry.priority ?? 'normal', work };
    }
    case 'cancelEffect':
      return { type: 'cancelWork', messageId, pool: entry.pool, effectId: entry.effectId };
    case 'deadLetter':
      return {
        type: 'deadLetter',
        messageId,
        letter: { ...entry.letter, v: 1, actor: address, at: commit.at },
      };
    default:
      return assertNever(entry);
  }
}

/** Of a commit that was perhaps relayed before: an effect may have been begun since. */
export function markRepeated(messages: readonly RelayMessage[]): readonly RelayMessage[] {
  return messages.map((message) =>
    message.type === 'work' ? { ...message, work: { ...message.work, repeated: true } } : message,
  );
}

export function timerCommand(
  id: string,
  at: string,
  timer: { readonly timerId: string; readonly generation: number; readonly trace?: string },
): CommandEnvelope {
  return {
    v: 1,
    ...withTrace(timer.trace),
    purpose: 'timerFired',
    id: `${id}:fired`,
    at,
    timerId: timer.timerId,
    generation: timer.generation,
  };
}

/** One message for all: one place in EVENTS, one sync to disk. */
function toEventMessage(
  namespace: string,
  address: ActorAddress,
  commit: Commit,
  entries: readonly EventEntry[],
): RelayMessage {
  const id = `${address.kind}.${address.id}:${commit.n}`;
  const events: EventMessage = {
    v: 1,
    ...withTrace(commit.trace),
    id,
    namespace,
    kind: address.kind,
    actor: address.id,
    at: commit.at,
    n: commit.n,
    state: formatStateValue(commit.snapshot.value),
    status: commit.snapshot.status,
    cause: commit.cause.join(' '),
    events: entries.map(({ i, event: { type, ...data } }) => ({
      i,
      type,
      data: toJson(data) as EventMessage['events'][number]['data'],
    })),
  };
  return { type: 'events', messageId: id, events };
}
