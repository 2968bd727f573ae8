/**
 * The gate for a change of machines: what would become of every stored actor if the given kinds were to run
 * now, found out without running anything. Pure; takes one state at a time and keeps counts and a few examples.
 */
import { formatAddress } from '../contract/address.ts';
import { activate } from './activate.ts';
import { decodeCommit } from './commit-codec.ts';
import type { Commit } from './commit.ts';
import type { RegisteredActor, Registry } from './registry.ts';
import type { ExportedState } from './state-export.ts';

/** Actors named per kind, version and reason; the rest is counted. */
const examplesKept = 5;

export type GateVerdict =
  /** Goes on with the version it has: the newest, or an earlier one that is known. */
  | { readonly verdict: 'exact' }
  | { readonly verdict: 'migrates' }
  /** Waits for a quiet moment, and would be migrated then. */
  | { readonly verdict: 'migratesLater' }
  /** Its version is known, so that it goes on; its migration is not possible. */
  | { readonly verdict: 'keepsVersion'; readonly reason: string }
  /** Needs no version any more. */
  | { readonly verdict: 'ended' }
  | { readonly verdict: 'quarantined'; readonly reason: string };

export interface GateRow {
  readonly kind: string;
  /** Undefined for states that cannot be read. */
  readonly version: number | undefined;
  readonly verdict: GateVerdict['verdict'];
  readonly reason: string | undefined;
  readonly count: number;
  readonly examples: readonly string[];
}

export interface MachineGate {
  examine(state: ExportedState): GateVerdict;
  /** By kind, version and verdict. */
  readonly rows: readonly GateRow[];
  readonly actors: number;
  readonly quarantined: number;
}

/**
 * `registry`: the actors as they would run. `nowMs`: milliseconds since 1970, for migrations that set timers. Examine one
 * state after the other, then look at `quarantined` and `rows`. Nothing is thrown: what cannot be read is a verdict.
 */
export function createMachineGate(registry: Registry, nowMs: number): MachineGate {
  const rows = new Map<string, GateRow>();
  let actors = 0;
  let quarantined = 0;

  const count = (state: ExportedState, version: number | undefined, found: GateVerdict): void => {
    const { kind } = state.address;
    const reason = 'reason' in found ? found.reason : undefined;
    const key = JSON.stringify([kind, version, found.verdict, reason]);
    const known = rows.get(key);
    const examples = known?.examples ?? [];
    rows.set(key, {
      kind,
      version,
      verdict: found.verdict,
      reason,
      count: (known?.count ?? 0) + 1,
      examples:
        examples.length < examplesKept ? [...examples, formatAddress(state.address)] : examples,
    });
    actors += 1;
    if (found.verdict === 'quarantined') quarantined += 1;
  };

  return {
    examine: (state) => {
      const decoded = decodeCommit(state.text);
      if (decoded.status === 'unreadable') {
        const found = { verdict: 'quarantined', reason: decoded.reason } as const;
        count(state, undefined, found);
        return found;
      }
      const { commit } = decoded;
      const found = judge(registry.kinds.get(state.address.kind), state, commit, nowMs);
      count(state, commit.machine.version, found);
      return found;
    },
    get rows() {
      return [...rows.values()].toSorted(
        (a, b) =>
          a.kind.localeCompare(b.kind) ||
          (a.version ?? 0) - (b.version ?? 0) ||
          a.verdict.localeCompare(b.verdict),
      );
    },
    get actors() {
      return actors;
    },
    get quarantined() {
      return quarantined;
    },
  };
}

function judge(
  actor: RegisteredActor | undefined,
  { address }: ExportedState,
  commit: Commit,
  nowMs: number,
): GateVerdict {
  if (commit.snapshot.status !== 'active') return { verdict: 'ended' };
  if (actor === undefined)
    return { verdict: 'quarantined', reason: 'its kind is registered no longer' };
  const scene = { actor, address, nowMs, epoch: commit.epoch };
  const activation = activate(scene, commit);
  if (activation.status === 'quarantined')
    return { verdict: 'quarantined', reason: activation.reason };
  if (activation.status === 'migrated') return { verdict: 'migrates' };
  const { whenChanged, version } = actor.definition;
  if (whenChanged !== 'migrateWhenQuiet' || commit.machine.version === version)
    return { verdict: 'exact' };
  const reason = activation.migrationProblem;
  return reason === undefined ? { verdict: 'migratesLater' } : { verdict: 'keepsVersion', reason };
}
