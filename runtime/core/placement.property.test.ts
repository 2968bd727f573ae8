/** Placement is the same for everyone, fair, and calm when workers come and go. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placePartitions } from './placement.ts';

const workerIds = fc.uniqueArray(fc.uuid(), { minLength: 1, maxLength: 24 });
const partitionCounts = fc.integer({ min: 1, max: 64 });

function countLoads(owners: readonly (string | undefined)[]): ReadonlyMap<string, number> {
  const loads = new Map<string, number>();
  for (const owner of owners) {
    if (owner !== undefined) loads.set(owner, (loads.get(owner) ?? 0) + 1);
  }
  return loads;
}

describe('placement', () => {
  it('gives every partition to a worker, and nothing to nobody', () => {
    fc.assert(
      fc.property(workerIds, partitionCounts, (ids, count) => {
        const owners = placePartitions(ids, count);
        expect(owners).toHaveLength(count);
        expect(owners.every((owner) => owner !== undefined && ids.includes(owner))).toBe(true);
      }),
    );
    expect(placePartitions([], 3)).toEqual([undefined, undefined, undefined]);
  });

  it('does not depend on the order in which workers are named', () => {
    fc.assert(
      fc.property(workerIds, partitionCounts, (ids, count) => {
        expect(placePartitions(ids.toReversed(), count)).toEqual(placePartitions(ids, count));
      }),
    );
  });

  it('gives shares that differ by one at most', () => {
    fc.assert(
      fc.property(workerIds, partitionCounts, (ids, count) => {
        const loads = countLoads(placePartitions(ids, count));
        const shares = ids.map((id) => loads.get(id) ?? 0);
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('moves little beyond what a worker that leaves has held', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.uuid(), { minLength: 2, maxLength: 16 }),
        partitionCounts,
        (ids, count) => {
          const before = placePartitions(ids, count);
          const after = placePartitions(ids.slice(1), count);
          const needless = before.filter(
            (owner, partition) => owner !== ids[0] && owner !== after[partition],
          ).length;
          // Equal shares have a price: a partition or two, far from the reshuffle of a plain modulo.
          expect(needless).toBeLessThanOrEqual(Math.ceil(count / 2));
        },
      ),
    );
  });

  it('moves one partition more than needed on average, at most', () => {
    const count = 16;
    const needless = Array.from({ length: 200 }, (_, round) => {
      const ids = Array.from({ length: 3 }, (_unused, index) => `worker-${round}-${index}`);
      const before = placePartitions(ids, count);
      const after = placePartitions(ids.slice(1), count);
      return before.filter((owner, partition) => owner !== ids[0] && owner !== after[partition])
        .length;
    });
    expect(needless.reduce((sum, moved) => sum + moved, 0) / needless.length).toBeLessThan(1);
  });
});
