/** Many histories, one after the other, until one breaks an invariant. */
import type { Failure, Invariant } from './invariants.ts';
import type { Mutation } from './mutations.ts';
import { drawPlan } from './plan.ts';
import { runHistory } from './run-history.ts';

export interface Exploration {
  readonly histories: number;
  readonly commits: number;
  /** The first history that broke an invariant. */
  readonly broken: { readonly seed: number; readonly failures: readonly Failure[] } | undefined;
}

export interface ExplorationOptions {
  readonly mutation?: Mutation;
  /** The one to look for; the others may break. Default: any. */
  readonly invariant?: Invariant;
}

export async function exploreHistories(
  seeds: Iterable<number>,
  { mutation, invariant }: ExplorationOptions = {},
): Promise<Exploration> {
  let histories = 0;
  let commits = 0;
  for (const seed of seeds) {
    const result = await runHistory(drawPlan(seed), mutation);
    histories += 1;
    commits += result.commits;
    if (result.failures.some((failure) => (invariant ?? failure.invariant) === failure.invariant))
      return { histories, commits, broken: { seed, failures: result.failures } };
    await giveWay();
  }
  return { histories, commits, broken: undefined };
}

/** A history never turns the event loop; whoever waits for this process does not have to wait for all of them. */
function giveWay(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

export function* countSeeds(from: number, count: number): Iterable<number> {
  for (let seed = from; seed < from + count; seed += 1) yield seed;
}
