/** From what is stored of an actor to a live snapshot and back. Children are persisted as records and re-injected as stubs. */
import type { AnyMachineSnapshot } from 'xstate';
import { describeError } from '../contract/errors.ts';
import type { Json } from '../contract/json.ts';
import type { ChildRecord, Commit, PersistedSnapshot } from './commit.ts';
import type { RegisteredActor } from './registry.ts';
import { findMissing } from './structure.ts';

export type Restoration =
  | { readonly status: 'restored'; readonly snapshot: AnyMachineSnapshot }
  /** The code that runs now does not know this state; the actor must be set aside, not guessed at. */
  | { readonly status: 'quarantined'; readonly reason: string };

/** With the machine of exactly this version: what was stored by another one is `activate`'s to deal with. */
export function restoreSnapshot(
  { definition, inert }: RegisteredActor,
  stored: Pick<Commit, 'snapshot' | 'children' | 'timers'>,
): Restoration {
  if (stored.snapshot.status !== 'active') return restoreEnded(stored.snapshot);
  const missing = findMissing(definition, stored);
  if (missing.length > 0) return { status: 'quarantined', reason: missing.join('; ') };
  try {
    const snapshot = inert.restore({ ...stored.snapshot, children: stubs(stored.children) });
    return { status: 'restored', snapshot };
  } catch (error) {
    return { status: 'quarantined', reason: `cannot be restored: ${describeError(error)}` };
  }
}

/** No transition is ever asked of an actor that has ended: what it has stored is all that is read of it. */
function restoreEnded(persisted: unknown): Restoration {
  return { status: 'restored', snapshot: persisted as AnyMachineSnapshot };
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

/** The snapshot as JSON, without children: `JSON.stringify` drops what is undefined. */
export function persistSnapshot(
  { inert }: RegisteredActor,
  snapshot: AnyMachineSnapshot,
): PersistedSnapshot {
  const { children: _, ...persisted } = inert.persist(withoutChildren(snapshot)) as {
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
