import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitLines } from './text-budget.ts';

describe('fitLines', () => {
  it('keeps whole lines and counts the rest', () => {
    expect(fitLines(['aa', 'bb', 'cc'], 100)).toEqual({ lines: ['aa', 'bb', 'cc'], leftOut: 0 });
    expect(fitLines(['aa', 'bb', 'cc'], 6)).toEqual({ lines: ['aa', 'bb'], leftOut: 1 });
  });

  it('cuts a first line that is too long, between characters', () => {
    const { lines, leftOut } = fitLines(['ääää', 'b'], 5);
    expect(lines).toEqual(['ää [... 4 bytes of this line left out ...]']);
    expect(leftOut).toBe(1);
  });

  it('always shows something and never loses count', () => {
    const anyLines = fc.array(fc.string({ unit: 'binary' }), { minLength: 1 });
    fc.assert(
      fc.property(anyLines, fc.integer({ min: 1, max: 200 }), (all, room) => {
        const { lines, leftOut } = fitLines(all, room);
        expect(lines.length).toBeGreaterThan(0);
        expect(lines.length + leftOut).toBe(all.length);
        expect(Buffer.byteLength(lines.slice(1).join('\n'))).toBeLessThanOrEqual(room);
      }),
    );
  });
});
