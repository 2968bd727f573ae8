/** Places and waits as people are told them. */
import { expect, it } from 'vitest';
import type { StoredEvent } from '../../runtime/contract/event.ts';
import type { Line } from '../../runtime/mod.ts';
import { viewQueue } from './queue-view.ts';

const holder = (id: string) => ({ kind: 'session', id });
const line: Line = {
  limits: { total: 1 },
  given: 3,
  turns: {},
  working: [{ holder: holder('a'), priority: 'normal', key: '/repository' }],
  waiting: [
    { holder: holder('b'), priority: 'low', since: 3 },
    { holder: holder('c'), priority: 'high', since: 3 },
  ],
};

function given(at: string, seq: number): StoredEvent {
  const scene = { v: 1, namespace: 'main', kind: 'work-queue', actor: 'default' } as const;
  const commit = { n: seq, state: 'open', status: 'active', cause: 'c' } as const;
  return { ...scene, ...commit, at, seq, i: 0, id: `q:${seq}:0`, type: 'slotGiven', data: {} };
}

it('reckons the wait from the pace at which slots were given', () => {
  const events = [given('2026-01-01T00:00:00.000Z', 1), given('2026-01-01T00:02:00.000Z', 2)];
  expect(viewQueue(line, events)).toEqual({
    limits: { total: 1 },
    working: [{ holder: 'session/a', priority: 'normal', key: '/repository' }],
    waiting: [
      { holder: 'session/c', priority: 'high', key: null, position: 1, expectedWaitMs: 120_000 },
      { holder: 'session/b', priority: 'low', key: null, position: 2, expectedWaitMs: 240_000 },
    ],
  });
});

it('does not guess a wait from one slot', () => {
  const { waiting } = viewQueue(line, [given('2026-01-01T00:00:00.000Z', 1)]);
  expect(waiting.map(({ expectedWaitMs }) => expectedWaitMs)).toEqual([null, null]);
});
