import { describe, expect, it } from 'vitest';
import type { StoredEvent } from '../../runtime/contract/event.ts';
import { foldEvent } from '../../runtime/contract/actor-fold.ts';
import { isInTree } from '../../runtime/contract/actor-tree.ts';
import { foldIntoList } from './actor-summary.ts';
import { listProofs } from './proof.ts';
import { toneOf } from './run-outcome.ts';
import { listRunningTools } from './running-tools.ts';
import { listVisitedStates } from './visited-states.ts';

function event(seq: number, change: Partial<StoredEvent> = {}): StoredEvent {
  return {
    v: 1,
    id: `session.s:${seq}:0`,
    namespace: 'sb',
    kind: 'session',
    actor: 's',
    i: 0,
    type: 'toolCalled',
    at: `2026-01-01T00:00:${String(seq).padStart(2, '0')}Z`,
    n: seq,
    state: 'acting',
    status: 'active',
    cause: 'c',
    data: {},
    seq,
    ...change,
  };
}

describe('foldEvent', () => {
  it('merges data, later keys over earlier ones, and counts', () => {
    const first = foldEvent(undefined, event(1, { data: { goal: 'g', turn: 1 } }));
    const second = foldEvent(first, event(2, { data: { turn: 2 }, state: 'parked' }));
    expect(second).toMatchObject({
      state: 'parked',
      facts: { goal: 'g', turn: 2 },
      eventCount: 2,
      startedAt: event(1).at,
      updatedAt: event(2).at,
    });
  });

  it('ignores what the summary already holds', () => {
    const summary = foldEvent(undefined, event(5));
    expect(foldEvent(summary, event(5))).toBe(summary);
    expect(foldEvent(summary, event(4, { i: 7, state: 'queued' }))).toBe(summary);
    expect(foldEvent(summary, event(5, { i: 1 })).eventCount).toBe(2);
  });

  it('adds an actor it has not seen where it belongs', () => {
    const list = foldIntoList([], event(1), 'first');
    expect(foldIntoList(list, event(2, { actor: 'b' }), 'first').map(({ id }) => id)).toEqual([
      'b',
      's',
    ]);
    expect(foldIntoList(list, event(2, { actor: 'b' }), 'last').map(({ id }) => id)).toEqual([
      's',
      'b',
    ]);
  });
});

describe('isInTree', () => {
  it('takes the coordinator and everything below it, and nothing that only begins alike', () => {
    expect(isInTree('run-1', 'run-1')).toBe(true);
    expect(isInTree('run-1', 'run-1::session')).toBe(true);
    expect(isInTree('run-1', 'run-1::session::mr')).toBe(true);
    expect(isInTree('run-1', 'run-12')).toBe(false);
    expect(isInTree('run-1', 'run-12::session')).toBe(false);
  });
});

describe('listVisitedStates', () => {
  it('keeps the order of first visits and counts entries, not events', () => {
    const states = [
      'queued',
      'thinking',
      'acting.choosing',
      'acting.commanding',
      'thinking',
      'acting',
      'parked',
    ];
    const events = states.map((state, index) => event(index + 1, { state }));
    const others = [event(20, { actor: 'other', state: 'failed' })];
    expect(
      listVisitedStates([...events, ...others], { kind: 'session', id: 's' }).map(
        ({ state, entered }) => `${state} ${entered}`,
      ),
    ).toEqual(['queued 1', 'thinking 2', 'acting 2', 'parked 1']);
  });
});

describe('toneOf', () => {
  it.each([
    ['active', 'thinking', 'active'],
    ['active', 'parked', 'waiting'],
    ['active', 'awaitingReview.looking', 'waiting'],
    ['active', 'addressingReview.working', 'active'],
    ['active', 'running.watching', 'waiting'],
    ['active', 'running.verifying', 'active'],
    ['done', 'escalated', 'bad'],
    ['done', 'merged', 'good'],
    ['done', 'failed', 'bad'],
    ['done', 'killed', 'bad'],
    ['done', 'closed', 'warning'],
    ['error', 'thinking', 'bad'],
    ['stopped', 'thinking', 'warning'],
  ] as const)('%s in %s is %s', (status, state, tone) => {
    expect(toneOf({ status, state })).toBe(tone);
  });
});

describe('listProofs', () => {
  it('reads records and leaves other shapes alone', () => {
    const record = {
      round: 1,
      verdict: 'passed',
      command: 'npm test',
      exitCode: 0,
      durationMs: 12,
      declaredFiles: ['a'],
      changedFiles: ['a'],
      undeclared: [],
      missing: [],
      sideEffects: [],
      output: null,
    };
    const proofs = listProofs([
      event(1, { type: 'proofRecorded', data: record }),
      event(2, { type: 'proofRecorded', data: { command: 7 } }),
      event(3),
    ]);
    expect(proofs).toEqual([{ ...record, at: event(1).at }]);
  });
});

describe('listRunningTools', () => {
  const started = event(1, { type: 'toolStarted', data: { toolCall: 'call-1' } });

  it('holds what is started and not finished, of one session', () => {
    const finished = event(3, { type: 'toolFinished', data: { toolCall: 'call-1' } });
    const other = event(2, { type: 'toolStarted', data: { toolCall: 'call-9' }, actor: 'other' });
    expect([...listRunningTools([started, other], 's')]).toEqual(['call-1']);
    expect([...listRunningTools([started, other, finished], 's')]).toEqual([]);
  });

  it('is empty when the session has ended in the middle of a tool', () => {
    const killed = event(2, { type: 'sessionKilled', status: 'done' });
    expect([...listRunningTools([started, killed], 's')]).toEqual([]);
  });
});
