/** Messages for commands that left no commit, and for actors that are set aside: silence is not an answer. */
import { actorAddressSchema, type ActorAddress } from '../contract/address.ts';
import type { DeadLetterContent } from '../contract/dead-letter.ts';
import type { Json } from '../contract/json.ts';
import { withTrace } from '../contract/trace.ts';
import type { EventMessage } from '../contract/event.ts';
import type { Commit } from '../core/commit.ts';
import { formatStateValue } from '../core/restore.ts';
import type { Refusal } from '../core/step.ts';
import { inboxLetterId, letterEvent } from '../core/set-aside.ts';
import type { InboxMessage, RelayMessage } from '../core/storage.ts';

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
  const at = new Date(nowMs).toISOString();
  const told = [
    deadLetterMessage(address, at, refusal.letter),
    eventMessage(scene, `start-failed:${command.id}`, command.id, {
      type: 'actorStartFailed',
      state: 'failed',
      data: { reason: error, command: command.id, letter: refusal.letter.id },
    }),
  ];
  if (command.purpose !== 'start' || command.parent === undefined) return told;
  const { parent } = command;
  const messageId = `${address.kind}.${address.id}:start-failed:${parent.generation}`;
  return [
    ...told,
    {
      type: 'command',
      messageId,
      to: parent.address,
      command: {
        v: 1,
        ...withTrace(command.trace),
        purpose: 'childEnded',
        id: messageId,
        at,
        childName: parent.childName,
        generation: parent.generation,
        outcome: { status: 'error', error },
      },
    },
  ];
}

/** A command that reaches no actor: of a kind that nobody here hosts, or not to be read at all. */
export function unclaimedMessages(
  scene: Pick<RefusalScene, 'namespace' | 'nowMs'>,
  partition: number,
  message: InboxMessage,
): readonly RelayMessage[] {
  const { content, seq } = message;
  const { data: address } = actorAddressSchema.safeParse(message.address);
  const actor = address ?? { kind: 'unknown', id: `partition-${partition}` };
  const at = new Date(scene.nowMs).toISOString();
  const id = inboxLetterId(actor, seq);
  if (content.status === 'unreadable') {
    const error = { message: content.reason, stack: [] };
    const { text } = content;
    const letter = { id, reason: 'unreadable', text, error, attempts: 0 } as const;
    return [deadLetterMessage(actor, at, letter)];
  }
  const { command } = content;
  const error = { message: `no actor of the kind "${actor.kind}" is registered`, stack: [] };
  const letter = { id, reason: 'kindUnknown', command, error, attempts: 0 } as const;
  const { type, ...data } = letterEvent(letter, command);
  const event = eventMessage(
    { ...scene, address: actor, commit: undefined },
    `unclaimed:${seq}`,
    command.id,
    { type, state: 'unknown', data },
  );
  return [deadLetterMessage(actor, at, letter), event];
}

function deadLetterMessage(
  actor: ActorAddress,
  at: string,
  content: DeadLetterContent,
): RelayMessage {
  return { type: 'deadLetter', messageId: content.id, letter: { ...content, v: 1, actor, at } };
}

/** `since` tells one standstill from the next, `cause` one attempt to end it from another. */
export function quarantineMessage(
  scene: RefusalScene,
  told: { readonly since: string; readonly cause: string; readonly reason: string },
): RelayMessage {
  return eventMessage(scene, `quarantined:${told.since}:${told.cause}`, told.cause, {
    type: 'actorQuarantined',
    state: 'quarantined',
    data: { reason: told.reason },
  });
}

export function releaseMessage(
  scene: RefusalScene,
  told: { readonly since: string; readonly cause: string },
): RelayMessage {
  return eventMessage(scene, `released:${told.since}`, told.cause, {
    type: 'actorReleased',
    state: 'unknown',
    data: { since: told.since },
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
  const known: Pick<EventMessage, 'n' | 'state' | 'status'> =
    commit === undefined
      ? { n: 0, state: event.state, status: 'error' }
      : {
          n: commit.n,
          state: formatStateValue(commit.snapshot.value),
          status: commit.snapshot.status,
        };
  return {
    type: 'events',
    messageId: id,
    events: {
      v: 1,
      id,
      namespace,
      kind: address.kind,
      actor: address.id,
      at: new Date(nowMs).toISOString(),
      ...known,
      cause,
      events: [{ i: 0, type: event.type, data: event.data }],
    },
  };
}
