/** XState's actions become entries of the draft; an action that is none of the known ones is refused. */
import { z } from 'zod';
import { actorAddressSchema } from '../contract/address.ts';
import { commandBodySchema } from '../contract/command.ts';
import { SignalboxError } from '../contract/errors.ts';
import { isRestartTimer, startChild, stopChild } from './children.ts';
import { cancelTimer, setTimer, toJson, type Draft } from './draft.ts';
import type { ActionRecord } from './inert-scope.ts';
import type { RegisteredVersion } from './registry.ts';
import { sendCommandAction, startActorAction } from './send-command.ts';

/** A longer wait is a mistake in a unit; dates of timers end not far beyond. */
const longestDelayMs = 100 * 365 * 24 * 60 * 60 * 1_000;

const raiseSchema = z.object({
  event: z.looseObject({ type: z.string() }),
  id: z.string().optional(),
  delay: z.number().max(longestDelayMs).optional(),
});
const cancelSchema = z.object({ sendId: z.string() });
/** An event's type is the last token of its subject. */
const emitSchema = z.object({
  event: z.looseObject({ type: z.string().regex(/^[A-Za-z][A-Za-z0-9_-]*$/) }),
});
const spawnSchema = z.object({
  /** The machine's way to say it, possibly a function; absent when XState would make one up. */
  id: z.unknown().refine((id) => id !== undefined, 'a spawned child needs an id'),
  // Not as an object of a schema, which would be copied: this is XState's whole actor.
  actorRef: z.custom<{ readonly id: string }>(hasId),
  src: z.string(),
  input: z.unknown(),
});
const sendToSchema = z.object({
  targetId: z.string(),
  event: commandBodySchema,
  delay: z.undefined(),
});
const startActorSchema = z.object({ actor: actorAddressSchema, input: z.json() });
const sendCommandSchema = z.object({ to: actorAddressSchema, command: commandBodySchema });

export function applyAction(draft: Draft, actor: RegisteredVersion, action: ActionRecord): void {
  switch (action.type) {
    case 'xstate.raise': {
      const { event, id, delay } = raiseSchema.parse(action.params);
      // Without a delay XState has already drained the event from its internal queue.
      if (delay !== undefined) setTimer(draft, ownTimerId(id ?? event.type), delay, { event });
      return;
    }
    case 'xstate.cancel':
      cancelTimer(draft, ownTimerId(cancelSchema.parse(action.params).sendId));
      return;
    case 'xstate.emit':
      draft.entries.push({ type: 'event', event: emitSchema.parse(toJson(action.params)).event });
      return;
    case 'xstate.spawnChild': {
      const { actorRef, src, input } = spawnSchema.parse(action.params);
      startChild(draft, actor, actorRef.id, src, toJson(input));
      return;
    }
    case 'xstate.stopChild': {
      const name = readChildName(action.params);
      if (name !== undefined) stopChild(draft, name);
      return;
    }
    case 'xstate.sendTo': {
      const { targetId, event } = sendToSchema.parse(action.params);
      const child = draft.children[targetId];
      if (child?.type === 'actor')
        draft.entries.push({ type: 'command', to: child.address, body: event });
      return;
    }
    case sendCommandAction: {
      const { to, command } = sendCommandSchema.parse(toJson(action.params));
      draft.entries.push({ type: 'command', to, body: command });
      return;
    }
    case startActorAction: {
      const { actor, input } = startActorSchema.parse(toJson(action.params));
      draft.entries.push({ type: 'startActor', to: actor, input });
      return;
    }
    default:
      throw new SignalboxError(
        'SB_ACTION_UNSUPPORTED',
        `${actor.definition.kind} queued action "${action.type}", which cannot be made durable`,
      );
  }
}

/** The name a machine gives a timer, which must not be one of the runtime's own. */
function ownTimerId(timerId: string): string {
  if (!isRestartTimer(timerId)) return timerId;
  throw new SignalboxError(
    'SB_ACTION_UNSUPPORTED',
    `a machine cannot call a timer "${timerId}": such names are the runtime's`,
  );
}

function hasId(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string'
  );
}

function readChildName(params: unknown): string | undefined {
  return typeof params === 'object' &&
    params !== null &&
    'id' in params &&
    typeof params.id === 'string'
    ? params.id
    : undefined;
}
