/** Messages for commands that left no commit: silence is not an answer. */
import type { ActorAddress } from '../contract/address.ts';
import type { CommandEnvelope } from '../contract/command.ts';
import type { EventEnvelope } from '../contract/event.ts';
import type { Refusal } from '../core/step.ts';
import type { RelayMessage } from '../core/storage.ts';

const reasons = {
  noSuchActor: 'there is no such actor',
  actorEnded: 'the actor has ended',
} as const;

export function refusalMessage(
  namespace: string,
  address: ActorAddress,
  refusal: Refusal,
  nowMs: number,
): RelayMessage {
  const { command } = refusal;
  return eventMessage(namespace, address, `refused:${command.id}`, nowMs, {
    type: 'commandRefused',
    state: refusal.reason === 'actorEnded' ? 'ended' : 'unknown',
    data: {
      reason: reasons[refusal.reason],
      command: command.id,
      commandType: command.purpose === 'deliver' ? command.body.type : command.purpose,
    },
  });
}

/** The machine threw on its very first transition: there is no state, so the failure is an event and an answer. */
export function startFailureMessages(
  namespace: string,
  address: ActorAddress,
  command: CommandEnvelope,
  error: string,
  nowMs: number,
): readonly RelayMessage[] {
  const event = eventMessage(namespace, address, `start-failed:${command.id}`, nowMs, {
    type: 'actorStartFailed',
    state: 'failed',
    data: { reason: error, command: command.id },
  });
  if (command.purpose !== 'start' || command.parent === undefined) return [event];
  const { parent } = command;
  const messageId = `${address.kind}.${address.id}:start-failed:${parent.generation}`;
  return [
    event,
    {
      type: 'command',
      messageId,
      to: parent.address,
      command: {
        v: 1,
        purpose: 'childEnded',
        id: messageId,
        at: new Date(nowMs).toISOString(),
        childName: parent.childName,
        generation: parent.generation,
        outcome: { status: 'error', error },
      },
    },
  ];
}

function eventMessage(
  namespace: string,
  address: ActorAddress,
  messageId: string,
  nowMs: number,
  event: { readonly type: string; readonly state: string; readonly data: EventEnvelope['data'] },
): RelayMessage {
  return {
    type: 'event',
    messageId,
    event: {
      v: 1,
      id: messageId,
      namespace,
      kind: address.kind,
      actor: address.id,
      at: new Date(nowMs).toISOString(),
      n: 0,
      status: 'error',
      cause: messageId,
      ...event,
    },
  };
}
