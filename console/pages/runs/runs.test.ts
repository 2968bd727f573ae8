import { describe, expect, it } from 'vitest';
import type { ActorSummary } from '../../../runtime/contract/run-view.ts';
import { addressOfFilter, passesFilter, readFilter, runFilters } from './filter.ts';
import { createRunsStore } from './state.ts';

const event = {
  v: 1 as const,
  id: 'coordinator.run-1:1:0',
  namespace: 'sb',
  kind: 'coordinator',
  actor: 'run-1',
  i: 0,
  type: 'runStarted',
  at: '2026-01-01T00:00:00Z',
  n: 1,
  state: 'working',
  status: 'active' as const,
  cause: 'c',
  data: { goal: 'Fix it' },
  seq: 1,
};

describe('runs filter', () => {
  it('keeps its value in the address, and shows all for one it does not know', () => {
    for (const filter of runFilters) {
      expect(readFilter(addressOfFilter(filter).replace(/^\//u, ''))).toBe(filter);
    }
    expect(readFilter('?state=nonsense')).toBe('all');
  });

  it('puts every run under exactly one filter beside "all"', () => {
    for (const run of [
      { state: 'working', status: 'active' },
      { state: 'completed', status: 'done' },
      { state: 'failed', status: 'done' },
      { state: 'working', status: 'error' },
      { state: 'working', status: 'stopped' },
    ] as const) {
      expect(runFilters.filter((filter) => passesFilter(run, filter))).toHaveLength(2);
    }
  });
});

function listed(id: string, kind: string, state: string): ActorSummary {
  const at = '2026-01-01T00:00:00Z';
  const seen = { startedAt: at, updatedAt: at, lastSeq: 1, lastIndex: 0, eventCount: 1, facts: {} };
  return { ...seen, kind, id, state, status: 'active' };
}

describe('runs store', () => {
  it('puts a new run first and moves a known one on', () => {
    const store = createRunsStore();
    store.trigger.listed({ list: { actors: [], throughSeq: 0 } });
    store.trigger.happened({ events: [event, { ...event, actor: 'run-2', seq: 2 }] });
    store.trigger.happened({ events: [{ ...event, seq: 3, state: 'completed', status: 'done' }] });
    expect(store.get().context.runs.map(({ run }) => `${run.id} ${run.state}`)).toEqual([
      'run-2 working',
      'run-1 completed',
    ]);
  });

  it('knows the session and the merge request of each run, from the list and from what follows', () => {
    const store = createRunsStore();
    const actors = [
      listed('run-2', 'coordinator', 'preparing'),
      listed('run-1::session', 'session', 'thinking'),
      listed('run-1', 'coordinator', 'running'),
      listed('default', 'work-queue', 'open'),
    ];
    store.trigger.listed({ list: { actors, throughSeq: 1 } });
    const parked = { ...event, kind: 'session', actor: 'run-1::session', state: 'parked', seq: 2 };
    const opened = { ...parked, kind: 'merge-request', actor: 'run-1::mr', state: 'open', seq: 3 };
    store.trigger.happened({ events: [parked, opened] });
    const members = store
      .get()
      .context.runs.map(({ run, members }) => [run.id, ...members.map(({ state }) => state)]);
    expect(members).toEqual([['run-2'], ['run-1', 'parked', 'open']]);
  });

  it('keeps the latest that triggers and the work queue told', () => {
    const store = createRunsStore();
    const told = Array.from({ length: 120 }, (_, index) => index + 1).map((seq) => ({
      ...event,
      kind: seq % 2 === 0 ? 'trigger' : 'work-queue',
      actor: 'standing',
      seq,
    }));
    store.trigger.happened({ events: told });
    const { runs, standing } = store.get().context;
    expect(runs).toEqual([]);
    expect(standing.map(({ seq }) => seq)).toEqual(told.slice(20).map(({ seq }) => seq));
  });

  it('leaves everything alone for the events of actors it does not know', () => {
    const store = createRunsStore();
    const before = store.get().context;
    store.trigger.happened({ events: [{ ...event, kind: 'counter', actor: 'mine' }] });
    expect(store.get().context).toBe(before);
  });
});
