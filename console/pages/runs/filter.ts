/** The filter of the list of runs, as the address keeps it: `/?state=active`. Pure. */
import type { ActorSummary } from '../../../runtime/contract/run-view.ts';
import { toneOf } from '../../folds/run-outcome.ts';

export const runFilters = ['all', 'active', 'completed', 'stopped'] as const;
export type RunFilter = (typeof runFilters)[number];

export const filterTitles: Readonly<Record<RunFilter, string>> = {
  all: 'All',
  active: 'Active',
  completed: 'Completed',
  stopped: 'Failed or stopped',
};

/** An address with an unknown filter shows everything. */
export function readFilter(query: string): RunFilter {
  const text = new URLSearchParams(query).get('state');
  return runFilters.find((filter) => filter === text) ?? 'all';
}

export function addressOfFilter(filter: RunFilter): string {
  return filter === 'all' ? '/' : `/?state=${filter}`;
}

export function passesFilter(
  run: Pick<ActorSummary, 'state' | 'status'>,
  filter: RunFilter,
): boolean {
  if (filter === 'all') return true;
  if (run.status === 'active') return filter === 'active';
  return filter === (toneOf(run) === 'good' ? 'completed' : 'stopped');
}
