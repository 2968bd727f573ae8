/** What has really happened in a simulation, seen from outside of the product: what the invariants are checked against. */
import type { ActorAddress } from '../../contract/address.ts';
import type { StoredEvent } from '../../contract/event.ts';
import type { Commit } from '../../core/commit.ts';
import type { UnknownOutcomePolicy } from '../../core/effect-definition.ts';

/** A commit that the store has taken. */
export interface StoredInSimulation {
  readonly address: ActorAddress;
  readonly commit: Commit;
  readonly seq: number;
  readonly expectedSeq: number;
}

/** A worker was told that this commit is stored. */
export interface CommitAnswer {
  readonly worker: string;
  readonly address: ActorAddress;
  readonly commit: Commit;
  readonly seq: number;
}

/** What somebody outside has asked for. */
export interface ClientCommand {
  readonly commandId: string;
  readonly to: ActorAddress;
  /** For `record` and `pass`: what the ledger must hold once. */
  readonly key: string | undefined;
  /** `acknowledged`: there is a receipt. `abandoned`: it may have been stored or not. */
  state: 'sending' | 'acknowledged' | 'abandoned';
}

/** One run of an effect's code. */
export interface Execution {
  readonly effectId: string;
  readonly worker: string;
  readonly policy: UnknownOutcomePolicy;
  /** Whether the outside world has been changed by it. */
  happened: boolean;
  /** What the journaled step of it returned. */
  mark: string | undefined;
}

export interface Chronicle {
  readonly commits: StoredInSimulation[];
  readonly answers: CommitAnswer[];
  readonly commands: ClientCommand[];
  readonly executions: Execution[];
  /** Set at the end: everything in EVENTS. */
  listEvents(): readonly StoredEvent[];
}

export function formatActor(address: ActorAddress): string {
  return `${address.kind}/${address.id}`;
}

/** The commits of each actor, in the order in which they were stored. */
export function groupByActor(
  commits: readonly StoredInSimulation[],
): ReadonlyMap<string, readonly StoredInSimulation[]> {
  const actors = new Map<string, StoredInSimulation[]>();
  for (const stored of commits) {
    const key = formatActor(stored.address);
    const known = actors.get(key);
    if (known === undefined) actors.set(key, [stored]);
    else known.push(stored);
  }
  return actors;
}
