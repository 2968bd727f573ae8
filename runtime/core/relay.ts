/** From a commit's outbox to the messages that carry it out. Pure; message ids make a repeat harmless. */
import type { ActorAddress } from '../contract/address.ts';
import type { CommandEnvelope } from '../contract/command.ts';
import { assertNever } from '../contract/errors.ts';
import type { EventEnvelope } from '../contract/event.ts';
import type { Commit, OutboxEntry } from './commit.ts';
import { toJson } from './draft.ts';
import { formatStateValue } from './restore.ts';
import type { RelayMessage } from './storage.ts';

export function listRelayMessages(
  namespace: string,
  address: ActorAddress,
  commit: Commit,
): readonly RelayMessage[] {
  return commit.outbox.map((entry) => toMessage(namespace, address, commit, entry));
}

function toMessage(
  namespace: string,
  address: ActorAddress,
  commit: Commit,
  entry: OutboxEntry,
): RelayMessage {
  const messageId = `${address.kind}.${address.id}:${commit.n}:${entry.i}`;
  const envelope = {
    v: 1 as const,
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
    case 'event':
      return {
        type: 'event',
        messageId,
        event: toEventEnvelope(namespace, address, commit, entry),
      };
    case 'command':
      return command(entry.to, { ...envelope, purpose: 'deliver', body: entry.body });
    case 'startActor':
      return command(entry.to, { ...envelope, purpose: 'start', input: entry.input });
    case 'startChild':
      return command(entry.to, {
        ...envelope,
        purpose: 'start',
        input: entry.input,
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
        command: timerCommand(messageId, commit.at, entry),
      };
    case 'startEffect': {
      const { effectId, pool, source, input } = entry;
      return { type: 'work', messageId, pool, work: { effectId, actor: address, source, input } };
    }
    case 'cancelEffect':
      return { type: 'cancelWork', messageId, pool: entry.pool, effectId: entry.effectId };
    default:
      return assertNever(entry);
  }
}

export function timerCommand(
  id: string,
  at: string,
  timer: { readonly timerId: string; readonly generation: number },
): CommandEnvelope {
  return {
    v: 1,
    purpose: 'timerFired',
    id: `${id}:fired`,
    at,
    timerId: timer.timerId,
    generation: timer.generation,
  };
}

function toEventEnvelope(
  namespace: string,
  address: ActorAddress,
  commit: Commit,
  entry: Extract<OutboxEntry, { type: 'event' }>,
): EventEnvelope {
  const { type, ...data } = entry.event;
  return {
    v: 1,
    id: `${address.kind}.${address.id}:${commit.n}:${entry.i}`,
    namespace,
    kind: address.kind,
    actor: address.id,
    type,
    at: commit.at,
    n: commit.n,
    state: formatStateValue(commit.snapshot.value),
    status: commit.snapshot.status,
    cause: commit.cause.join(' '),
    data: toJson(data) as EventEnvelope['data'],
  };
}
