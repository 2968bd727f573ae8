/** Makes a plan that breaks an invariant smaller: whatever can be left out without mending it is left out. */
import type { Invariant } from './invariants.ts';
import type { Mutation } from './mutations.ts';
import type { Plan } from './plan.ts';
import { runHistory } from './run-history.ts';

/** Histories run for it at most. */
const maxAttempts = 80;

export async function shrinkPlan(
  plan: Plan,
  invariant: Invariant,
  mutation: Mutation | undefined,
): Promise<Plan> {
  let smallest = plan;
  let attempts = 0;
  for (let index = 0; attempts < maxAttempts; index += 1) {
    const candidate = listSmaller(smallest)[index];
    if (candidate === undefined) return smallest;
    attempts += 1;
    const { failures } = await runHistory(candidate, mutation);
    if (!failures.some((failure) => failure.invariant === invariant)) continue;
    smallest = candidate;
    index = -1;
  }
  return smallest;
}

function listSmaller(plan: Plan): readonly Plan[] {
  const { faults, commands, network } = plan;
  const calmer = (Object.keys(network) as (keyof typeof network)[])
    .filter((fault) => network[fault] > 0)
    .map((fault) => ({ ...plan, network: { ...network, [fault]: 0 } }));
  return [
    ...faults.map((_, index) => ({ ...plan, faults: faults.toSpliced(index, 1) })),
    ...calmer,
    ...commands.map((_, index) => ({ ...plan, commands: commands.toSpliced(index, 1) })),
    ...(plan.workers > 1 ? [{ ...plan, workers: plan.workers - 1 }] : []),
  ];
}
