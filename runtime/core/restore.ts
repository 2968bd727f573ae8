/** From a stored commit to a live snapshot and back. Children are persisted as records and re-injected as stubs. */
import type { AnyMachineSnapshot, AnyStateMachine, AnyStateNode } from 'xstate';
import { describeError } from '../contract/errors.ts';
import type { Json } from '../contract/json.ts';
import type { ChildRecord, Commit, PersistedSnapshot } from './commit.ts';
import type { RegisteredActor } from './registry.ts';

export type Restoration =
  | { readonly status: 'restored'; readonly snapshot: AnyMachineSnapshot }
  /** The code that runs now does not know this state; the actor must be set aside, not guessed at. */
  | { readonly status: 'quarantined'; readonly reason: string };

export function restoreSnapshot(actor: RegisteredActor, commit: Commit): Restoration {
  const { definition } = actor;
  if (commit.machine.version !== definition.version) {
    return {
      status: 'quarantined',
      reason: `stored by version ${commit.machine.version} of ${definition.kind}, and only version ${definition.version} is registered`,
    };
  }
  const unknownChild = Object.values(commit.children).find(
    (child) => !(child.source in definition.effects) && !(child.source in definition.children),
  );
  if (unknownChild !== undefined) {
    return {
      status: 'quarantined',
      reason: `waits for "${unknownChild.source}", which is not registered`,
    };
  }
  const missing = findMissingState(definition.machine, commit.snapshot.value);
  if (missing !== undefined) {
    return {
      status: 'quarantined',
      reason: `is in state "${missing}", which the machine does not have`,
    };
  }
  try {
    const snapshot = actor.inert.restore({ ...commit.snapshot, children: stubs(commit.children) });
    return { status: 'restored', snapshot };
  } catch (error) {
    return { status: 'quarantined', reason: `cannot be restored: ${describeError(error)}` };
  }
}

/** XState silently drops a child without a snapshot, so each stub gets one of a promise under way. */
function stubs(children: Readonly<Record<string, ChildRecord>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(children).map(([name, child]) => [
      name,
      {
        src: child.source,
        syncSnapshot: false,
        snapshot: { status: 'active', output: undefined, error: undefined, input: undefined },
      },
    ]),
  );
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
      const state = states[name];
      const here = path === '' ? name : `${path}.${name}`;
      const missing = state === undefined ? here : visit(state, inner[name] ?? {}, here);
      if (missing !== undefined) return missing;
    }
    return names.length === expected ? undefined : path;
  };
  return visit(machine.root, value, '');
}

/** The snapshot as JSON, without children: `JSON.stringify` drops what is undefined. */
export function persistSnapshot(
  actor: RegisteredActor,
  snapshot: AnyMachineSnapshot,
): PersistedSnapshot {
  const { children: _, ...persisted } = actor.inert.persist(withoutChildren(snapshot)) as {
    readonly children: unknown;
  } & PersistedSnapshot;
  return persisted.error === undefined
    ? persisted
    : { ...persisted, error: describeThrown(persisted.error) };
}

/** An `Error` would be stored as `{}`. */
function describeThrown(error: unknown): Json {
  return error instanceof Error ? error.message : (error as Json);
}

function withoutChildren(snapshot: AnyMachineSnapshot): AnyMachineSnapshot {
  return Object.keys(childrenOf(snapshot)).length === 0
    ? snapshot
    : copySnapshot(snapshot, { children: {} });
}

/** XState types the children of a snapshot of any machine as `any`. */
export function childrenOf(snapshot: AnyMachineSnapshot): Readonly<Record<string, unknown>> {
  return snapshot.children as Readonly<Record<string, unknown>>;
}

/** XState's own way to copy a snapshot is not exported. */
export function copySnapshot(
  snapshot: AnyMachineSnapshot,
  changes: { readonly status?: 'stopped'; readonly children?: Readonly<Record<string, unknown>> },
): AnyMachineSnapshot {
  const prototype = Object.getPrototypeOf(snapshot) as object;
  return Object.assign(Object.create(prototype) as AnyMachineSnapshot, snapshot, changes);
}

/** `{ a: { b: 'c' } }` → `a.b.c`; parallel regions are joined with `|`. */
export function formatStateValue(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return '';
  return Object.entries(value as Readonly<Record<string, unknown>>)
    .map(([key, rest]) =>
      typeof rest === 'object' && rest !== null && Object.keys(rest).length === 0
        ? key
        : `${key}.${formatStateValue(rest)}`,
    )
    .join('|');
}
