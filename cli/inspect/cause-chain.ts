/** Walks from a commit back to the outside commands that began it, and on to what it led to, across actors. Pure but for what it asks. */
import { formatAddress, type ActorAddress } from '../../runtime/contract/address.ts';
import type { Commit } from '../../runtime/core/commit.ts';
import type { StoredEvent } from '../../runtime/contract/event.ts';
import { formatStateValue } from '../../runtime/core/restore.ts';
import { readCause } from './cause.ts';

/** One commit as its events tell it, or as STATE still holds it. */
export interface CommitFacts {
  readonly actor: ActorAddress;
  readonly n: number;
  readonly at: string;
  readonly state: string;
  /** Types of its events; empty for a commit that told nothing. */
  readonly events: readonly string[];
  readonly causes: readonly string[];
}

export type CommitKey = string;

export function keyOf(actor: ActorAddress, n: number): CommitKey {
  return `${formatAddress(actor)}:${n}`;
}

/** Commits of these events; those of refusals and quarantines, which are of no commit (n 0), are left out. */
export function groupByCommit(events: readonly StoredEvent[]): ReadonlyMap<CommitKey, CommitFacts> {
  const commits = new Map<CommitKey, CommitFacts>();
  for (const { kind, actor: id, n, at, state, type, cause } of events) {
    if (n === 0 || type === 'commandRefused') continue;
    const actor = { kind, id };
    const key = keyOf(actor, n);
    const known = commits.get(key);
    commits.set(key, {
      actor,
      n,
      at,
      state,
      events: [...(known?.events ?? []), type],
      causes: known?.causes ?? cause.split(' ').filter((part) => part !== ''),
    });
  }
  return commits;
}

export function factsOfCommit(actor: ActorAddress, commit: Commit): CommitFacts {
  return {
    actor,
    n: commit.n,
    at: commit.at,
    state: formatStateValue(commit.snapshot.value),
    events: commit.outbox.flatMap((entry) => (entry.type === 'event' ? entry.event.type : [])),
    causes: commit.cause,
  };
}

export interface Ancestry {
  readonly commits: readonly CommitFacts[];
  /** Ids of the outside commands that began it. */
  readonly origins: readonly string[];
  /**
   * Commits that told nothing and are no longer kept, and the last known one before each, where the walk goes on: of
   * the same actor, or of its parent when it is not known how the actor began.
   */
  readonly lost: readonly {
    readonly actor: ActorAddress;
    readonly n: number;
    readonly before: { readonly actor: ActorAddress; readonly n: number } | null;
  }[];
}

/** More is no chain that a person reads. */
const maxAncestors = 500;

export async function walkBack(
  start: CommitFacts,
  /** The commit, or the last known one before it: what an actor did then is part of what led to what it did later. */
  find: (actor: ActorAddress, n: number) => Promise<CommitFacts | undefined>,
): Promise<Ancestry> {
  const seen = new Set([keyOf(start.actor, start.n)]);
  const commits: CommitFacts[] = [];
  const origins = new Set<string>();
  const lost: Ancestry['lost'][number][] = [];
  const open: CommitFacts[] = [start];
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    for (const id of next.causes) {
      const cause = readCause(id);
      if (cause.type === 'outside') {
        origins.add(id);
        continue;
      }
      const key = keyOf(cause.actor, cause.n);
      if (seen.has(key) || seen.size > maxAncestors) continue;
      seen.add(key);
      const found = await find(cause.actor, cause.n);
      const foundKey = found && keyOf(found.actor, found.n);
      if (foundKey !== key) {
        const before = found === undefined ? null : { actor: found.actor, n: found.n };
        lost.push({ actor: cause.actor, n: cause.n, before });
      }
      if (found === undefined || foundKey === undefined) continue;
      if (foundKey !== key && seen.has(foundKey)) continue;
      seen.add(foundKey);
      commits.push(found);
      open.push(found);
    }
  }
  return { commits: commits.toSorted(byTime), origins: [...origins], lost };
}

/** What the commit led to, among the given ones. */
export function walkOn(
  start: CommitFacts,
  commits: ReadonlyMap<CommitKey, CommitFacts>,
): readonly CommitFacts[] {
  const effects = new Map<CommitKey, CommitFacts[]>();
  for (const commit of commits.values()) {
    for (const id of commit.causes) {
      const cause = readCause(id);
      if (cause.type === 'outside') continue;
      const key = keyOf(cause.actor, cause.n);
      effects.set(key, [...(effects.get(key) ?? []), commit]);
    }
  }
  const found = new Map<CommitKey, CommitFacts>();
  const open = [keyOf(start.actor, start.n)];
  for (let key = open.shift(); key !== undefined; key = open.shift()) {
    for (const commit of effects.get(key) ?? []) {
      const reached = keyOf(commit.actor, commit.n);
      if (found.has(reached)) continue;
      found.set(reached, commit);
      open.push(reached);
    }
  }
  return [...found.values()].toSorted(byTime);
}

/** Of the commits of one actor in order of their number: the named one, or the last before it. */
export function findCommit(commits: Iterable<CommitFacts>, n: number): CommitFacts | undefined {
  return [...commits].findLast((commit) => commit.n <= n);
}

/** The same by time, for who knows no number. */
export function findCommitBy(commits: Iterable<CommitFacts>, at: string): CommitFacts | undefined {
  return [...commits].findLast((commit) => commit.at <= at);
}

function byTime(left: CommitFacts, right: CommitFacts): number {
  return left.at === right.at ? left.n - right.n : left.at < right.at ? -1 : 1;
}
