/** Tells when a worker has committed: by the command that caused the commit, or by the actor. */
import type { ActorAddress } from '../runtime/contract/address.ts';
import type { Commit } from '../runtime/core/commit.ts';
import type { WorkerObserver } from '../runtime/worker/worker-observer.ts';

export interface CommitWatch extends WorkerObserver {
  committed(address: ActorAddress, commit: Commit): void;
  /** Resolves when a commit names the command among its causes. */
  applied(commandId: string): Promise<void>;
  /** Resolves with the actor's next commit. */
  next(actorId: string): Promise<Commit>;
  /** Resolves when the actor has ended. */
  ended(actorId: string): Promise<void>;
}

export function createCommitWatch(): CommitWatch {
  const byCommand = new Map<string, () => void>();
  const byActor = new Map<string, (commit: Commit) => void>();
  const byEnd = new Map<string, () => void>();
  return {
    committed: (address, commit) => {
      for (const id of commit.cause) {
        byCommand.get(id)?.();
        byCommand.delete(id);
      }
      byActor.get(address.id)?.(commit);
      byActor.delete(address.id);
      if (commit.snapshot.status === 'active') return;
      byEnd.get(address.id)?.();
      byEnd.delete(address.id);
    },
    applied: (commandId) =>
      new Promise((resolve) => {
        byCommand.set(commandId, resolve);
      }),
    next: (actorId) =>
      new Promise((resolve) => {
        byActor.set(actorId, resolve);
      }),
    ended: (actorId) =>
      new Promise((resolve) => {
        byEnd.set(actorId, resolve);
      }),
  };
}
