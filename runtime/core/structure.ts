/**
 * Whether a machine has everything that a stored actor stands on: XState restores what it can and drops the
 * rest without a word. Pure.
 */
import { z } from 'zod';
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import type { Json } from '../contract/json.ts';
import type { Commit } from './commit.ts';
import type { MachineVersion } from './definition.ts';
import { listNodes } from './machine-nodes.ts';

type Stored = Pick<Commit, 'snapshot' | 'children' | 'timers'>;

/** XState's own id of the event of an `after` transition: it names the state that waits. */
const afterPrefix = 'xstate.after.';

/** What is stored and the machine does not have, each as the end of a sentence about the actor. */
export function findMissing(definition: MachineVersion, stored: Stored): readonly string[] {
  const { machine } = definition;
  const state = findMissingState(machine, stored.snapshot.value);
  return [
    ...(state === undefined ? [] : [`is in state "${state}", which the machine does not have`]),
    ...findMissingHistory(machine, stored.snapshot.historyValue).map(
      (id) => `remembers state "${id}", which the machine does not have`,
    ),
    ...findMissingSources(definition, stored.children).map(
      (source) => `waits for "${source}", which is not registered`,
    ),
    ...findMissingTimers(machine, stored.timers).map(
      (type) => `has a timer for "${type}", which no state waits for`,
    ),
  ];
}

/** The first state of a stored value that the machine does not have, or has in another shape. */
function findMissingState(machine: AnyStateMachine, value: Json): string | undefined {
  const visit = (node: AnyStateNode, part: Json, path: string): string | undefined => {
    if (typeof part !== 'string' && (typeof part !== 'object' || part === null)) return path;
    const inner = typeof part === 'string' ? { [part]: {} } : (part as Record<string, Json>);
    const names = Object.keys(inner);
    const states = node.states as Record<string, AnyStateNode>;
    const expected =
      node.type === 'parallel' ? Object.keys(states).length : node.type === 'compound' ? 1 : 0;
    for (const name of names) {
      const state = Object.hasOwn(states, name) ? states[name] : undefined;
      const here = path === '' ? name : `${path}.${name}`;
      const missing = state === undefined ? here : visit(state, inner[name] ?? {}, here);
      if (missing !== undefined) return missing;
    }
    return names.length === expected ? undefined : path;
  };
  return visit(machine.root, value, '');
}

const historySchema = z.record(z.string(), z.array(z.looseObject({ id: z.string() })));

function findMissingHistory(machine: AnyStateMachine, history: Json | undefined): string[] {
  if (history === undefined) return [];
  const parsed = historySchema.safeParse(history);
  if (!parsed.success) return ['(unreadable)'];
  const known = new Set(listNodes(machine.root).map(({ id }) => id));
  const ids = Object.values(parsed.data).flatMap((states) => states.map(({ id }) => id));
  return [...new Set([...Object.keys(parsed.data), ...ids])].filter((id) => !known.has(id));
}

function findMissingSources(
  { effects, children }: MachineVersion,
  records: Stored['children'],
): readonly string[] {
  const sources = Object.values(records).map(({ source }) => source);
  return sources.filter(
    (source) => !Object.hasOwn(effects, source) && !Object.hasOwn(children, source),
  );
}

/**
 * Only of `after`: that one is for a state, and nothing else would ever take the actor out of it. Any other
 * event that no state takes now is dropped when it comes, as the same event from outside would be.
 */
function findMissingTimers(machine: AnyStateMachine, timers: Stored['timers']): readonly string[] {
  const types = Object.values(timers)
    .map(({ event }) => event.type)
    .filter((type) => type.startsWith(afterPrefix));
  if (types.length === 0) return [];
  const taken = new Set(listNodes(machine.root).flatMap((node) => [...node.transitions.keys()]));
  return types.filter((type) => !taken.has(type));
}
