/**
 * Children that are waited for together: one, all, the first, or so many of them. Plain data for a machine's context,
 * and functions for its assigns and guards; starting and stopping are the machine's own `spawnChild` and `stopChild`.
 * docs/children-and-time.md has an example. Pure.
 */
import type { EventObject } from 'xstate';
import type { Json } from '../contract/json.ts';
import { toJson } from './draft.ts';

export interface ChildGroup {
  /** Ends that are waited for. */
  readonly need: number;
  /** `done`: failures do not count; `ended`: any end does. */
  readonly counting: 'done' | 'ended';
  /** Names of children that are under way. */
  readonly pending: readonly string[];
  /** Outputs by name, in the order of their arrival. */
  readonly done: Readonly<Record<string, Json>>;
  /** Errors by name. */
  readonly failed: Readonly<Record<string, Json>>;
}

export interface GroupOptions {
  /** Default: `all`. A number is how many. */
  readonly wait?: 'all' | 'first' | number;
  /** Default: `done`. */
  readonly counting?: 'done' | 'ended';
}

/** Put into the context by the transition that spawns the children of these names. */
export function createChildGroup(
  names: readonly string[],
  { wait = 'all', counting = 'done' }: GroupOptions = {},
): ChildGroup {
  const need = wait === 'all' ? names.length : wait === 'first' ? 1 : wait;
  return { need, counting, pending: [...names], done: {}, failed: {} };
}

const doneType = 'xstate.done.actor.';
const errorType = 'xstate.error.actor.';

/** The group after an event; the same for an event that is no end of one of its children. */
export function recordEnd(group: ChildGroup, event: EventObject): ChildGroup {
  const done = event.type.startsWith(doneType);
  if (!done && !event.type.startsWith(errorType)) return group;
  const name = event.type.slice(done ? doneType.length : errorType.length);
  if (!group.pending.includes(name)) return group;
  const pending = group.pending.filter((other) => other !== name);
  const { output, error } = event as { readonly output?: unknown; readonly error?: unknown };
  return done
    ? { ...group, pending, done: { ...group.done, [name]: toJson(output) } }
    : { ...group, pending, failed: { ...group.failed, [name]: toJson(error) } };
}

/** `reached`: as many as were needed; `missed`: there can be no more as many. */
export type GroupStatus = 'waiting' | 'reached' | 'missed';

/** For the guard that ends the waiting. */
export function statusOfGroup(group: ChildGroup): GroupStatus {
  const done = Object.keys(group.done).length;
  const counted = group.counting === 'done' ? done : done + Object.keys(group.failed).length;
  if (counted >= group.need) return 'reached';
  return counted + group.pending.length < group.need ? 'missed' : 'waiting';
}

/** Whose work is of no use any more: to be stopped when the machine goes on. */
export function losersOfGroup(group: ChildGroup): readonly string[] {
  return statusOfGroup(group) === 'waiting' ? [] : group.pending;
}
