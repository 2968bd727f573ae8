/**
 * One command applied to the state in progress of a step. Throws what the machine throws: `step.ts` decides
 * what becomes of the command then. Pure.
 */
import type { AnyMachineSnapshot, EventObject } from 'xstate';
import type { CommandEnvelope } from '../contract/command.ts';
import { SignalboxError, assertNever } from '../contract/errors.ts';
import type { Json } from '../contract/json.ts';
import type { Commit } from './commit.ts';
import { applyAction } from './apply-action.ts';
import { restartWhenDue, stopChild, superviseEnd } from './children.ts';
import { toJson, type Draft } from './draft.ts';
import { effectStalled } from './effect-stalled.ts';
import type { TransitionResult } from './inert-scope.ts';
import type { RegisteredActor } from './registry.ts';
import { childrenOf, copySnapshot } from './restore.ts';

export interface Progress {
  snapshot: AnyMachineSnapshot | undefined;
  parent: Commit['parent'];
  draft: Draft;
}

/** A command that left no trace in the state and why. */
export type Application =
  | { readonly status: 'applied' }
  /** Late or repeated: of an old generation, or a start of what has been started. */
  | { readonly status: 'ignored' }
  | { readonly status: 'refused'; readonly reason: 'noSuchActor' | 'actorEnded' };

const applied: Application = { status: 'applied' };
const ignored: Application = { status: 'ignored' };

export function applyCommand(
  actor: RegisteredActor,
  progress: Progress,
  command: CommandEnvelope,
): Application {
  if (command.purpose === 'start') return applyStart(actor, progress, command);
  const { snapshot } = progress;
  if (snapshot === undefined || snapshot.status !== 'active') {
    if (command.purpose !== 'deliver') return ignored;
    return { status: 'refused', reason: snapshot === undefined ? 'noSuchActor' : 'actorEnded' };
  }
  if (command.purpose === 'stop') return applyStop(progress, command.generation, snapshot);
  if (command.purpose === 'timerFired' && restartWhenDue(progress.draft, actor, command)) {
    return applied;
  }
  const verdict =
    command.purpose === 'childEnded' ? superviseEnd(progress.draft, actor, command) : undefined;
  if (verdict === 'restart') return applied;
  const event = consume(progress.draft, command);
  if (event === undefined) return ignored;
  if (command.purpose === 'effectStalled' && !hasAnswer(actor, snapshot, event)) return ignored;
  if (verdict === 'stop' && !hasAnswer(actor, snapshot, event)) return applied;
  settle(
    actor,
    progress,
    actor.inert.transition(withoutEndedChildren(snapshot, progress.draft), event),
  );
  return applied;
}

/** XState fails a machine that gets a child's error and has no transition for it. */
function hasAnswer(
  { definition }: RegisteredActor,
  snapshot: AnyMachineSnapshot,
  event: EventObject,
): boolean {
  return definition.machine.getTransitionData(snapshot, event).length > 0;
}

function applyStart(
  actor: RegisteredActor,
  progress: Progress,
  command: Extract<CommandEnvelope, { purpose: 'start' }>,
): Application {
  const { snapshot, parent } = progress;
  const restarts =
    snapshot !== undefined &&
    snapshot.status !== 'active' &&
    command.parent !== undefined &&
    command.parent.generation > (parent?.generation ?? 0);
  if (snapshot !== undefined && !restarts) return ignored;
  progress.parent = command.parent;
  progress.draft.limits = command.limits;
  const result = actor.inert.initialize(command.input);
  // XState catches what a machine throws on its first transition; for us it is a start that failed.
  if (result.snapshot.status === 'error') throw result.snapshot.error;
  settle(actor, progress, result);
  return applied;
}

function applyStop(
  progress: Progress,
  generation: number,
  snapshot: AnyMachineSnapshot,
): Application {
  if (progress.parent?.generation !== generation) return ignored;
  progress.snapshot = copySnapshot(snapshot, { status: 'stopped', children: {} });
  endWith(progress, { status: 'stopped' });
  return applied;
}

/** The machine's event for a command; what waited for it no longer does. Undefined when the command is late. */
export function consume(draft: Draft, command: CommandEnvelope): EventObject | undefined {
  switch (command.purpose) {
    case 'deliver':
      return command.body;
    case 'timerFired': {
      const timer = draft.timers[command.timerId];
      if (timer === undefined || timer.generation !== command.generation) return undefined;
      delete draft.timers[command.timerId];
      return timer.event;
    }
    case 'effectEnded': {
      const name = findEffectName(draft, command.effectId);
      if (name === undefined) return undefined;
      delete draft.children[name];
      return childEvent(name, command.outcome);
    }
    case 'effectStalled': {
      const child = findEffectName(draft, command.effectId);
      const { silentMs, note } = command;
      return child === undefined ? undefined : { ...effectStalled(child, silentMs, note) };
    }
    case 'childEnded': {
      const child = draft.children[command.childName];
      if (child?.type !== 'actor' || child.generation !== command.generation) return undefined;
      delete draft.children[command.childName];
      return childEvent(command.childName, command.outcome);
    }
    case 'start':
    case 'stop':
    case 'release':
      return undefined;
    default:
      return assertNever(command);
  }
}

function findEffectName(draft: Draft, effectId: string): string | undefined {
  return Object.keys(draft.children).find((name) => {
    const child = draft.children[name];
    return child?.type === 'effect' && child.effectId === effectId;
  });
}

/** XState's own events for the end of an invoked or spawned actor. */
function childEvent(
  name: string,
  outcome: { status: 'done'; output: unknown } | { status: 'error'; error: unknown },
): EventObject & { readonly actorId: string } {
  return outcome.status === 'done'
    ? Object.assign(
        { type: `xstate.done.actor.${name}`, actorId: name },
        { output: outcome.output },
      )
    : Object.assign(
        { type: `xstate.error.actor.${name}`, actorId: name },
        { error: outcome.error },
      );
}

/** A child that has ended is gone at once, as it is after a restart: both must give the same transition. */
function withoutEndedChildren(snapshot: AnyMachineSnapshot, draft: Draft): AnyMachineSnapshot {
  const entries = Object.entries(childrenOf(snapshot));
  const live = entries.filter(([name]) => name in draft.children);
  return live.length === entries.length
    ? snapshot
    : copySnapshot(snapshot, { children: Object.fromEntries(live) });
}

/** Takes over a transition's result; an actor that has ended stops what it had started and tells its parent. */
function settle(actor: RegisteredActor, progress: Progress, result: TransitionResult): void {
  const { snapshot } = result;
  progress.snapshot = snapshot;
  for (const action of result.actions) applyAction(progress.draft, actor, action);
  if (snapshot.status === 'active') {
    refuseHiddenChildren(actor, snapshot, progress.draft);
    return;
  }
  progress.snapshot = copySnapshot(snapshot, { children: {} });
  endWith(
    progress,
    snapshot.status === 'done'
      ? { status: 'done', output: toJson(snapshot.output) }
      : { status: 'error', error: errorToJson(snapshot.error) },
  );
}

/** `spawn` inside `assign` leaves no action, so that nothing would ever start the child. */
function refuseHiddenChildren(
  actor: RegisteredActor,
  snapshot: AnyMachineSnapshot,
  draft: Draft,
): void {
  const hidden = Object.keys(childrenOf(snapshot)).find((name) => !(name in draft.children));
  if (hidden === undefined) return;
  throw new SignalboxError(
    'SB_ACTION_UNSUPPORTED',
    `${actor.definition.kind} has spawned "${hidden}" inside assign, which cannot be made durable`,
    { next: 'Use the spawnChild action.' },
  );
}

type Ending =
  | { readonly status: 'done'; readonly output: Json }
  | { readonly status: 'error'; readonly error: Json }
  | { readonly status: 'stopped' };

/** Every end is an event, whatever the machine emits. A stopped child's parent knows: it asked for it. */
function endWith(progress: Progress, ending: Ending): void {
  const { draft, parent } = progress;
  for (const name of Object.keys(draft.children)) stopChild(draft, name);
  draft.timers = {};
  draft.entries.push({
    type: 'event',
    event: { type: 'actorEnded', ...(ending.status === 'error' ? { error: ending.error } : {}) },
  });
  if (parent === undefined || ending.status === 'stopped') return;
  draft.entries.push({ type: 'ended', parent, outcome: ending });
}

/** What was thrown, for people; what an effect or a child has reported, as it is. */
export function errorToJson(error: unknown): Json {
  return error instanceof Error ? error.message : toJson(error);
}
