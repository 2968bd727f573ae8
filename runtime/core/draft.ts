/**
 * What one step collects on its way to a commit: outbox entries, children and timers. XState's actions
 * become entries here; an action that is none of the known ones is refused.
 */
import { z } from 'zod';
import {
  actorAddressSchema,
  actorIdSchema,
  childActorId,
  type ActorAddress,
} from '../contract/address.ts';
import { commandBodySchema } from '../contract/command.ts';
import { SignalboxError } from '../contract/errors.ts';
import type { Json } from '../contract/json.ts';
import type { ChildRecord, Commit, OutboxEntry } from './commit.ts';
import type { ActorDefinition } from './definition.ts';
import type { ActionRecord } from './inert-scope.ts';
import { sendCommandAction, startActorAction } from './send-command.ts';

type WithoutIndex<Entry> = Entry extends OutboxEntry ? Omit<Entry, 'i'> : never;
export type DraftEntry = WithoutIndex<OutboxEntry>;

export interface Draft {
  readonly address: ActorAddress;
  readonly n: number;
  readonly nowMs: number;
  generation: number;
  entries: DraftEntry[];
  children: Record<string, ChildRecord>;
  timers: Commit['timers'];
}

export function beginDraft(
  address: ActorAddress,
  previous: Commit | undefined,
  nowMs: number,
): Draft {
  return {
    address,
    n: (previous?.n ?? 0) + 1,
    nowMs,
    generation: previous?.generation ?? 0,
    entries: [],
    children: { ...previous?.children },
    timers: { ...previous?.timers },
  };
}

/** A copy to go back to when a command turns out to be poison. */
export function copyDraft(draft: Draft): Draft {
  return {
    ...draft,
    entries: [...draft.entries],
    children: { ...draft.children },
    timers: { ...draft.timers },
  };
}

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
  actorRef: z.looseObject({ id: z.string() }),
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

export function applyAction(draft: Draft, definition: ActorDefinition, action: ActionRecord): void {
  switch (action.type) {
    case 'xstate.raise': {
      const { event, id, delay } = raiseSchema.parse(action.params);
      // Without a delay XState has already drained the event from its internal queue.
      if (delay !== undefined) setTimer(draft, id ?? event.type, delay, event);
      return;
    }
    case 'xstate.cancel':
      delete draft.timers[cancelSchema.parse(action.params).sendId];
      return;
    case 'xstate.emit':
      draft.entries.push({ type: 'event', event: emitSchema.parse(toJson(action.params)).event });
      return;
    case 'xstate.spawnChild': {
      const { actorRef, src, input } = spawnSchema.parse(action.params);
      startChild(draft, definition, actorRef.id, src, toJson(input));
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
        `${definition.kind} queued action "${action.type}", which cannot be made durable`,
      );
  }
}

function setTimer(draft: Draft, timerId: string, delayMs: number, event: { type: string }): void {
  draft.generation += 1;
  const atMs = draft.nowMs + Math.max(0, delayMs);
  draft.timers[timerId] = { generation: draft.generation, atMs, event };
  draft.entries.push({ type: 'setTimer', timerId, generation: draft.generation, atMs });
}

function startChild(
  draft: Draft,
  definition: ActorDefinition,
  name: string,
  source: string,
  input: Json,
): void {
  if (name in draft.children) stopChild(draft, name);
  draft.generation += 1;
  const effect = definition.effects[source];
  if (effect !== undefined) {
    // The generation makes the id unique within the commit even when entries before it are withdrawn.
    const effectId = `${draft.address.kind}.${draft.address.id}.${draft.n}-${draft.generation}`;
    if (effect.pool === undefined) {
      draft.children[name] = { type: 'effect', source, effectId, input };
    } else {
      draft.children[name] = { type: 'effect', source, effectId, pool: effect.pool };
      draft.entries.push({ type: 'startEffect', effectId, source, pool: effect.pool, input });
    }
    return;
  }
  const kind = definition.children[source];
  if (kind === undefined) {
    throw new SignalboxError(
      'SB_ACTION_UNSUPPORTED',
      `${definition.kind} starts "${source}", which is neither an effect nor a child kind`,
    );
  }
  const to = { kind, id: childActorId(draft.address.id, name) };
  if (!actorIdSchema.safeParse(to.id).success) {
    throw new SignalboxError(
      'SB_ADDRESS_INVALID',
      `${definition.kind} starts a child as "${to.id}", which cannot be an actor id`,
      { next: 'Give the child an id of letters, digits, "-" and "_".' },
    );
  }
  draft.children[name] = { type: 'actor', source, address: to, generation: draft.generation };
  draft.entries.push({
    type: 'startChild',
    to,
    childName: name,
    generation: draft.generation,
    input,
  });
}

export function stopChild(draft: Draft, name: string): void {
  const child = draft.children[name];
  if (child === undefined) return;
  delete draft.children[name];
  if (child.type === 'actor') {
    draft.entries.push({ type: 'stopChild', to: child.address, generation: child.generation });
    return;
  }
  const started = draft.entries.findIndex(
    (entry) => entry.type === 'startEffect' && entry.effectId === child.effectId,
  );
  if (started >= 0) draft.entries.splice(started, 1);
  else if (child.pool !== undefined) {
    draft.entries.push({ type: 'cancelEffect', effectId: child.effectId, pool: child.pool });
  }
}

function readChildName(params: unknown): string | undefined {
  return typeof params === 'object' &&
    params !== null &&
    'id' in params &&
    typeof params.id === 'string'
    ? params.id
    : undefined;
}

/** Through JSON and back, so that what is applied now is what is read after a restart. */
export function toJson(value: unknown): Json {
  return value === undefined ? null : (JSON.parse(JSON.stringify(value)) as Json);
}
