/** From a stored commit to a live snapshot and back. Children are persisted as records and re-injected as stubs. */
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate';
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
    return { status: 'quarantined', reason: `waits for "${unknownChild.source}", which is not registered` };
  }
  const missing = findMissingState(definition.machine, commit.snapshot.value);
  if (missing !== undefined) {
    return { status: 'quarantined', reason: `is in state "${missing}", which the machine does not have` };
  }
  return { status: 'restored', snapshot: actor.inert.restore({ ...commit.snapshot, children: stubs(commit.children) }) };
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

function findMissingState(machine: AnyStateMachine, value: Json): string | undefined {
  const visit = (
    states: Readonly<Record<string, { states: object }>>,
    part: Json,
    path: string,
  ): string | undefined => {
    const entries: [string, Json | undefined][] =
      typeof part === 'string' ? [[part, undefined]] : Object.entries(part as Record<string, Json>);
    for (const [key, rest] of entries) {
      const node = states[key];
      const here = path === '' ? key : `${path}.${key}`;
      if (node === undefined) return here;
      if (rest !== undefined) {
        const missing = visit(node.states as Record<string, { states: object }>, rest, here);
        if (missing !== undefined) return missing;
      }
    }
    return undefined;
  };
  return typeof value === 'string' || (typeof value === 'object' && value !== null)
    ? visit(machine.root.states as Record<string, { states: object }>, value, '')
    : String(value);
}

/** The snapshot as JSON, without children: `JSON.stringify` drops what is undefined. */
export function persistSnapshot(actor: RegisteredActor, snapshot: AnyMachineSnapshot): PersistedSnapshot {
  const { children: _, ...persisted } = actor.inert.persist(withoutChildren(snapshot)) as {
    readonly children: unknown;
  } & PersistedSnapshot;
  return persisted;
}

function withoutChildren(snapshot: AnyMachineSnapshot): AnyMachineSnapshot {
  return Object.keys(snapshot.children).length === 0
    ? snapshot
    : Object.assign(Object.create(Object.getPrototypeOf(snapshot) as object) as AnyMachineSnapshot, snapshot, {
        children: {},
      });
}

/** `{ a: { b: 'c' } }` → `a.b.c`; parallel regions are joined with `|`. */
export function formatStateValue(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return '';
  return Object.entries(value)
    .map(([key, rest]) => (typeof rest === 'object' && rest !== null && Object.keys(rest).length === 0 ? key : `${key}.${formatStateValue(rest)}`))
    .join('|');
}
