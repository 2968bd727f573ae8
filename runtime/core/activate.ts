/** A stored actor and the versions that are known: with which one it goes on, and what that takes. Pure. */
import type { AnyMachineSnapshot } from 'xstate';
import type { Commit } from './commit.ts';
import { migrateCommit, type MigrationScene } from './migrate.ts';
import type { RegisteredActor } from './registry.ts';
import { restoreSnapshot } from './restore.ts';
import type { ActorRecord } from './step.ts';

export type Activation =
  | {
      readonly status: 'restored';
      readonly snapshot: AnyMachineSnapshot;
      /** Why it was not migrated though it should be; it goes on with the version it has. */
      readonly migrationProblem: string | undefined;
    }
  /** The next commit, which has to be stored before anything else is done. */
  | { readonly status: 'migrated'; readonly record: ActorRecord }
  | { readonly status: 'quarantined'; readonly reason: string };

export function activate(scene: MigrationScene, commit: Commit): Activation {
  const { actor } = scene;
  const { version } = commit.machine;
  const known = commit.snapshot.status === 'active' ? actor.versions.get(version) : actor;
  if (known === undefined) return migrate(scene, commit);
  const migration = isMigratedNow(actor, commit) ? migrateCommit(scene, commit) : undefined;
  if (migration?.status === 'migrated') return migration;
  const restoration = restoreSnapshot(known, commit);
  return restoration.status === 'quarantined'
    ? restoration
    : { ...restoration, migrationProblem: migration?.reason };
}

function migrate(scene: MigrationScene, commit: Commit): Activation {
  const migration = migrateCommit(scene, commit);
  return migration.status === 'migrated'
    ? migration
    : { status: 'quarantined', reason: migration.reason };
}

/** Whether an actor of a known earlier version is to be migrated in this moment: nothing of it is under way. */
export function isMigratedNow(actor: RegisteredActor, commit: Commit): boolean {
  const { whenChanged, version } = actor.definition;
  return (
    whenChanged === 'migrateWhenQuiet' &&
    commit.machine.version < version &&
    commit.snapshot.status === 'active' &&
    Object.keys(commit.children).length === 0
  );
}
