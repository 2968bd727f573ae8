/** Following one run among others: its own events, in order, until enough is seen. */
import { describe, expect, it, vi } from 'vitest';
import { createMemoryEventSource } from '../../runtime/testing/event-source.ts';
import { makeEventMessage } from '../../runtime/testing/stored-event.ts';
import { isInTree } from '../../runtime/contract/actor-tree.ts';
import { followRun } from './follow-run.ts';

function follow(stopAt = Infinity) {
  const source = createMemoryEventSource({ batchSize: 2 });
  const stopping = new AbortController();
  const seen: number[] = [];
  const ended = followRun(source, 'run-1', stopping.signal, ({ seq }) => {
    seen.push(seq);
    return seq >= stopAt ? 'stop' : 'go on';
  });
  return { source, stopping, seen, ended };
}

const of = (seq: number, actor: string) => makeEventMessage(seq, { actor });

describe('a run has', () => {
  it.each(['run-1', 'run-1::session', 'run-1::merge-request', 'run-1::a::b'])('%s', (actor) => {
    expect(isInTree('run-1', actor)).toBe(true);
  });

  it.each(['run-10', 'run-10::session', 'run-1session', 'run', 'other::run-1'])(
    'not %s',
    (actor) => {
      expect(isInTree('run-1', actor)).toBe(false);
    },
  );
});

it('what is stored already comes first, then what happens, and nothing of others', async () => {
  const { source, seen, ended } = follow(7);
  source.append(of(1, 'run-10'), of(2, 'run-1'), of(3, 'run-1::session'));
  await vi.waitFor(() => {
    expect(seen).toEqual([2, 3]);
  });
  source.append({ seq: 4, unreadable: 'a hole' }, of(5, 'run-1::session'), of(6, 'run-2'));
  source.append(of(7, 'run-1'), of(8, 'run-1'));
  await ended;
  expect(seen).toEqual([2, 3, 5, 7]);
  expect(source.openReadings()).toBe(0);
});

it('ends when it is aborted', async () => {
  const { source, stopping, seen, ended } = follow();
  source.append(of(1, 'run-1'));
  await vi.waitFor(() => {
    expect(seen).toEqual([1]);
  });
  stopping.abort();
  await ended;
  expect(source.openReadings()).toBe(0);
});

it('tells when the events cannot be read, unless it was to end anyway', async () => {
  const failing = follow();
  failing.source.fail(new Error('away'));
  await expect(failing.ended).rejects.toThrow('away');
  const aborted = follow();
  aborted.stopping.abort();
  aborted.source.fail(new Error('away'));
  await aborted.ended;
});

it('tells what the one who looks throws', async () => {
  const source = createMemoryEventSource();
  source.append(of(1, 'run-1'));
  const ended = followRun(source, 'run-1', new AbortController().signal, () => {
    throw new Error('a defect');
  });
  await expect(ended).rejects.toThrow('a defect');
  expect(source.openReadings()).toBe(0);
});
