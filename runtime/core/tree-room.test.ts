/** No tree grows beyond what its root may have, whatever its parts start and end, and in whatever order. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TreeLimits } from '../contract/tree-limits.ts';
import { measureRoom } from './tree-room.ts';

interface Node {
  readonly id: string;
  readonly limits: TreeLimits;
  readonly children: Map<string, Node>;
}

function countBelow(node: Node): number {
  return [...node.children.values()].reduce((sum, child) => sum + 1 + countBelow(child), 0);
}

function listAll(node: Node): readonly Node[] {
  return [node, ...[...node.children.values()].flatMap(listAll)];
}

const steps = fc.array(
  fc.record({
    /** Which of the live actors moves. */
    at: fc.nat(),
    ends: fc.boolean(),
    wanted: fc.option(fc.integer({ min: 0, max: 8 }), { nil: undefined }),
  }),
  { maxLength: 120 },
);

describe('the room in a tree', () => {
  it('is never exceeded, in number or in depth', () => {
    fc.assert(
      fc.property(
        steps,
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 0, max: 4 }),
        (moves, descendants, depth) => {
          const root: Node = { id: 'r', limits: { depth, descendants }, children: new Map() };
          for (const [index, { at, ends, wanted }] of moves.entries()) {
            const all = listAll(root);
            const node = all[at % all.length] ?? root;
            if (ends) {
              const [first] = node.children.keys();
              if (first !== undefined) node.children.delete(first);
              continue;
            }
            const room = measureRoom({
              address: { kind: 'node', id: node.id },
              limits: [node.limits, { depth: 100, descendants: 1_000 }],
              reserved: [...node.children.values()].map(({ limits }) => 1 + limits.descendants),
              wanted,
            });
            if (room.status === 'full') continue;
            const id = `${node.id}::c${index}`;
            node.children.set(id, { id, limits: room.limits, children: new Map() });
            for (const each of listAll(root)) {
              expect(countBelow(each)).toBeLessThanOrEqual(each.limits.descendants);
              expect(each.id.split('::').length - 1).toBeLessThanOrEqual(depth);
            }
          }
        },
      ),
    );
  });

  it('is shared by ten when nobody says more', () => {
    const ask = (reserved: readonly number[]) =>
      measureRoom({
        address: { kind: 'node', id: 'r' },
        limits: [{ depth: 8, descendants: 10_000 }],
        reserved,
        wanted: undefined,
      });
    expect(ask([])).toEqual({ status: 'free', limits: { depth: 8, descendants: 999 } });
    expect(ask([9_999])).toEqual({ status: 'free', limits: { depth: 8, descendants: 0 } });
    expect(ask([10_000])).toMatchObject({
      status: 'full',
      error: { code: 'SB_LIMIT_CHILDREN', retryable: false },
    });
  });
});
