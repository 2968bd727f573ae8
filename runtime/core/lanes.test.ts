/** The lanes of a pool: what a run may put ahead of others, and whose turn it is. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLaneChooser, createLaneTurns, lanes, runShare, type Lane } from './lanes.ts';

const isCrowd = (lane: Lane): boolean => lane.startsWith('crowd');

describe('a run', () => {
  it('has its share in the lane of its priority, per pool, and the rest in one crowd lane', () => {
    const choose = createLaneChooser();
    const item = { pool: 'p', priority: 'high' as const, nowMs: 0 };
    const chosen = Array.from({ length: 1_000 }, (_, index) =>
      choose({ ...item, actorId: `run::child-${index}` }),
    );
    expect(chosen.filter((lane) => lane === 'high').length).toBe(runShare.capacity);
    expect(new Set(chosen.filter(isCrowd)).size).toBe(1);
    expect(chosen.filter(isCrowd).length).toBe(1_000 - runShare.capacity);
    expect(choose({ ...item, actorId: 'run' })).toSatisfy(isCrowd);
    expect(choose({ ...item, actorId: 'run', pool: 'q' })).toBe('high');
    expect(choose({ ...item, actorId: 'other' })).toBe('high');
    expect(choose({ ...item, actorId: 'run', nowMs: 1_000 })).toBe('high');
  });
});

describe('turns', () => {
  const subsets = fc.subarray([...lanes], { minLength: 1 });

  it('go only to those that have something', () => {
    const turns = createLaneTurns();
    fc.assert(
      fc.property(subsets, (candidates) => {
        expect(candidates).toContain(turns.next(candidates));
      }),
    );
    expect(turns.next([])).toBeUndefined();
  });

  it('come to every lane that waits, however the others come and go', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...lanes),
        fc.array(fc.subarray([...lanes]), { minLength: 60, maxLength: 120 }),
        (waiting, history) => {
          const turns = createLaneTurns();
          let passedOver = 0;
          let longest = 0;
          for (const others of history) {
            const candidates = lanes.filter((lane) => lane === waiting || others.includes(lane));
            passedOver = turns.next(candidates) === waiting ? 0 : passedOver + 1;
            longest = Math.max(longest, passedOver);
          }
          expect(longest).toBeLessThan(40);
        },
      ),
    );
  });

  it('are more often those of what is urgent', () => {
    const turns = createLaneTurns();
    const given = Array.from({ length: 130 }, () => turns.next(['high', 'normal', 'low']));
    const count = (lane: Lane): number => given.filter((other) => other === lane).length;
    expect([count('high'), count('normal'), count('low')]).toEqual([80, 40, 10]);
  });
});
