import { expect, it } from 'vitest';
import { watchTakeovers } from './takeovers.ts';

it('measures from the kill to the first commit of another worker, partition by partition', () => {
  let nowMs = 0;
  const takeovers = watchTakeovers(() => nowMs);
  takeovers.committed('a', 0);
  takeovers.committed('a', 1);
  takeovers.committed('b', 2);
  expect([takeovers.isOwner('a'), takeovers.isOwner('c')]).toEqual([true, false]);
  takeovers.killed('a', true);
  nowMs = 10;
  takeovers.committed('a', 0);
  takeovers.committed('b', 2);
  expect(takeovers.waiting).toBe(2);
  nowMs = 5_000;
  takeovers.committed('b', 0);
  nowMs = 6_000;
  takeovers.committed('c', 1);
  expect(takeovers.waiting).toBe(0);
  expect(takeovers.measured).toEqual([
    { tookMs: 5_000, alone: true },
    { tookMs: 6_000, alone: true },
  ]);
});
