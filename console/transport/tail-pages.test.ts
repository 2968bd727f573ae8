import { expect, it } from 'vitest';
import type { StoredEvent } from '../../runtime/contract/event.ts';
import { toEventTailPage } from './tail-pages.ts';

function makeEvent(seq: number, i = 0): StoredEvent {
  return {
    v: 1,
    id: `session.s:${seq}:${i}`,
    namespace: 'sb',
    kind: 'session',
    actor: 's',
    type: 'told',
    at: '2026-01-01T00:00:00Z',
    n: seq,
    i,
    state: 'thinking',
    status: 'active',
    cause: 'c',
    data: {},
    seq,
  };
}

it('takes the events of one message as one item', () => {
  const events = [makeEvent(4), makeEvent(6), makeEvent(6, 3), makeEvent(7)];
  const page = toEventTailPage({ events, throughSeq: 9, more: false });
  expect(page.items.map(({ seq, item }) => [seq, item.map(({ i }) => i)])).toEqual([
    [4, [0]],
    [6, [0, 3]],
    [7, [0]],
  ]);
  expect(page).toMatchObject({ throughSeq: 9, more: false });
});
