/** Messages for commands that left no commit, and for actors that are set aside: silence is not an answer. */
import type { ActorAddress } from '../contract/address.ts';
import type { Json } from '../contract/json.ts';
import type { EventEnvelope } from '../contract/event.ts';
import type { Commit } from '../core/commit.ts';
import { formatStateValue } from '../core/restore.ts';
import type { Refusal } from '../core/step.ts';
import type { RelayMessage } from '../core/storage.ts';

const reasons = {
  noSuchActor: 'there is no such actor',
  actorEnded: 'the actor has ended',
} as const;

/** Where and when something was refused. `commit` is the actor's last one: a refusal does not change its state. */
export interface RefusalScene {
  readonly namespace: string;
  readonly address: ActorAddress;
  readonly commit: Commit | undefined;
  readonly nowMs: number;
}

export function refusalMessages(scene: RefusalScene, refusal: Refusal): readonly RelayMessage[] {
  if (refusal.reason === 'startFailed') return startFailureMessages(scene, refusal);
  const { command } = refusal;
  return [
    eventMessage(scene, `refused:${command.id}`, command.id, {
      type: 'commandRefused',
      state: 'unknown',
      data: {
        reason: reasons[refusal.reason],
        command: command.id,
        commandType: command.purpose === 'deliver' ? command.body.type : command.purpose,
      },
    }),
  ];
}

/** The machine threw on its very first transition: there is no state, so the failure is an event and an answer. */
function startFailureMessages(
  scene: RefusalScene,
  refusal: Extract<Refusal, { reason: 'startFailed' }>,
): readonly RelayMessage[] {
  const { address, nowMs } = scene;
  const { command, error } = refusal;
  const event = eventMessage(scene, `start-failed:${command.id}`, command.id, {
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

export function quarantineMessage(
  scene: RefusalScene,
  version: number,
  reason: string,
): RelayMessage {
  return eventMessage(scene, `quarantined:${version}`, '', {
    type: 'actorQuarantined',
    state: 'quarantined',
    data: { reason },
  });
}

function eventMessage(
  scene: RefusalScene,
  what: string,
  cause: string,
  event: { readonly type: string; readonly state: string; readonly data: Record<string, Json> },
): RelayMessage {
  const { namespace, address, commit, nowMs } = scene;
  const id = `${address.kind}.${address.id}:${what}`;
  const known: Pick<EventEnvelope, 'n' | 'state' | 'status'> =
    commit === undefined
      ? { n: 0, state: event.state, status: 'error' }
      : {
          n: commit.n,
          state: formatStateValue(commit.snapshot.value),
          status: commit.snapshot.status,
        };
  return {
    type: 'event',
    messageId: id,
    event: {
      v: 1,
      id,
      namespace,
      kind: address.kind,
      actor: address.id,
      type: event.type,
      at: new Date(nowMs).toISOString(),
      ...known,
      cause,
      data: event.data,
    },
  };
}
