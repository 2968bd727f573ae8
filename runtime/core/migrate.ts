/**
 * The migration of one stored actor to the newest version: the chain of migrations, the check of what they
 * made, and the commit that records it. Pure.
 */
import type { AnyMachineSnapshot } from 'xstate';
import type { ActorAddress } from '../contract/address.ts';
import { describeError } from '../contract/errors.ts';
import { stopChild } from './children.ts';
import type { ChildRecord, Commit } from './commit.ts';
import type { ActorDefinition } from './definition.ts';
import { beginDraft, toJson, type Draft } from './draft.ts';
import { migratableSchema, type Migratable } from './migration.ts';
import type { RegisteredActor } from './registry.ts';
import { persistSnapshot, restoreSnapshot } from './restore.ts';
import type { ActorRecord } from './step.ts';

export interface MigrationScene {
  /** The newest version of the kind. */
  readonly actor: RegisteredActor;
  readonly address: ActorAddress;
  readonly nowMs: number;
  readonly epoch: number;
}

export type MigrationOutcome =
  | { readonly status: 'migrated'; readonly record: ActorRecord }
  | { readonly status: 'impossible'; readonly reason: string };

/** The cause of a commit that no command has asked for. */
export const migrationCause = 'migration';

export function migrateCommit(scene: MigrationScene, commit: Commit): MigrationOutcome {
  const { definition } = scene.actor;
  const from = commit.machine.version;
  const chain = runChain(definition, commit);
  if (chain.status === 'impossible') return chain;
  const { made } = chain;
  const problem =
    findContextProblem(definition, made) ?? findChildProblem(definition, commit, made);
  if (problem !== undefined) return impossible(problem);
  const draft = beginDraft(scene.address, commit, scene.nowMs);
  adoptChildren(draft, made);
  adoptTimers(draft, commit, made);
  const { value, context, historyValue } = made;
  const { historyValue: _, ...unchanged } = commit.snapshot;
  const stored = {
    ...commit,
    snapshot: {
      ...unchanged,
      value,
      context,
      ...(historyValue === undefined ? {} : { historyValue }),
    },
    children: draft.children,
    timers: draft.timers,
  };
  const restoration = restoreSnapshot(scene.actor, stored);
  if (restoration.status === 'quarantined') return impossible(restoration.reason);
  const { snapshot } = restoration;
  draft.entries.push({
    type: 'event',
    event: { type: 'actorMigrated', from, to: definition.version },
  });
  return {
    status: 'migrated',
    record: { commit: buildCommit(scene, stored, draft, snapshot), snapshot },
  };
}

function impossible(reason: string): { readonly status: 'impossible'; readonly reason: string } {
  return { status: 'impossible', reason };
}

type Chain =
  | { readonly status: 'made'; readonly made: Migratable }
  | { readonly status: 'impossible'; readonly reason: string };

/** From version to version, each step checked for its form: the next is given what it may expect. */
function runChain({ kind, version, migrations }: ActorDefinition, commit: Commit): Chain {
  const from = commit.machine.version;
  if (from > version) {
    return impossible(
      `stored by version ${from} of ${kind}, and the newest registered is ${version}`,
    );
  }
  const { snapshot, children, timers } = commit;
  const { value, context, historyValue } = snapshot;
  let made: unknown = { value, context, historyValue, children, timers };
  for (let step = from; step < version; step += 1) {
    const migrate = migrations[step];
    if (migrate === undefined) {
      return impossible(
        `stored by version ${from} of ${kind}, and there is no migration from version ${step} to ${step + 1}`,
      );
    }
    const what = `the migration of ${kind} from version ${step} to ${step + 1}`;
    try {
      // A copy: what is stored must not change under a migration that writes into what it is given.
      made = toJson(migrate(migratableSchema.parse(toJson(made))));
    } catch (error) {
      return impossible(`${what} failed: ${describeError(error)}`);
    }
    const parsed = migratableSchema.safeParse(made);
    if (!parsed.success) return impossible(`${what} gave something else: ${parsed.error.message}`);
    made = parsed.data;
  }
  return { status: 'made', made: migratableSchema.parse(made) };
}

function findContextProblem({ context }: ActorDefinition, made: Migratable): string | undefined {
  const parsed = context?.safeParse(made.context);
  return parsed === undefined || parsed.success
    ? undefined
    : `its migrated context does not fit: ${parsed.error.message}`;
}

/** What is under way answers to the id it was started with, and a pool runs it by the source it was started as. */
function findChildProblem(
  { effects }: ActorDefinition,
  commit: Commit,
  made: Migratable,
): string | undefined {
  for (const [name, child] of Object.entries(made.children)) {
    const before = Object.entries(commit.children).find(([, known]) => isSameChild(known, child));
    if (before === undefined) return `its migration adds "${name}", which is not under way`;
    const [formerName, former] = before;
    if (child.type === 'actor' && formerName !== name)
      return `its migration calls the child "${formerName}" "${name}", and the child would not know`;
    if (child.type !== 'effect' || child.pool === undefined) continue;
    if (former.source !== child.source)
      return `its migration renames "${former.source}", which the pool "${child.pool}" has been given`;
    const { [child.source]: effect } = effects;
    if (effect !== undefined && effect.pool !== child.pool)
      return `waits for "${child.source}" in the pool "${child.pool}", where it is run no longer`;
  }
  return undefined;
}

function isSameChild(known: ChildRecord, child: ChildRecord): boolean {
  if (known.type === 'effect')
    return (
      child.type === 'effect' && child.effectId === known.effectId && child.pool === known.pool
    );
  return (
    child.type === 'actor' &&
    child.address.kind === known.address.kind &&
    child.address.id === known.address.id &&
    child.generation === known.generation
  );
}

/** What the migration has left out is cancelled or stopped, as a transition would. */
function adoptChildren(draft: Draft, made: Migratable): void {
  const kept = Object.values(made.children);
  for (const [name, known] of Object.entries(draft.children))
    if (!kept.some((child) => isSameChild(known, child))) stopChild(draft, name);
  draft.children = { ...made.children };
}

/** A timer of the same name and time goes on as it is; any other is set, and fires at once when it is past due. */
function adoptTimers(draft: Draft, { timers }: Commit, made: Migratable): void {
  draft.timers = {};
  for (const [timerId, timer] of Object.entries(made.timers)) {
    const known = timers[timerId];
    if (timer.restartOf !== undefined && !(timer.restartOf in made.children)) continue;
    if (known?.atMs === timer.atMs) {
      draft.timers[timerId] = { ...timer, generation: known.generation };
      continue;
    }
    draft.generation += 1;
    const { generation } = draft;
    const { atMs } = timer;
    draft.timers[timerId] = { ...timer, generation };
    draft.entries.push({ type: 'setTimer', timerId, generation, atMs });
  }
}

function buildCommit(
  { actor, nowMs, epoch }: MigrationScene,
  stored: Commit,
  draft: Draft,
  snapshot: AnyMachineSnapshot,
): Commit {
  const { trace: _, ...kept } = stored;
  return {
    ...kept,
    n: draft.n,
    epoch,
    machine: { kind: actor.definition.kind, version: actor.definition.version },
    at: new Date(nowMs).toISOString(),
    cause: [migrationCause],
    snapshot: persistSnapshot(actor, snapshot),
    generation: draft.generation,
    outbox: draft.entries.map((entry, i) => ({ ...entry, i })),
  };
}
