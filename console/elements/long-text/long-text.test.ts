import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldText } from './fold-text.ts';

describe('foldText', () => {
  it('shows short texts whole, and does not hide a line or two', () => {
    expect(foldText('a\nb', 8)).toEqual({ text: 'a\nb', isFolded: false, hiddenLines: 0 });
    expect(foldText('1\n2\n3\n4', 2).isFolded).toBe(false);
  });

  it('cuts after the asked number of lines', () => {
    expect(foldText('1\n2\n3\n4\n5\n6', 2)).toEqual({
      text: '1\n2',
      isFolded: true,
      hiddenLines: 4,
    });
  });

  it('cuts inside a line that is long by itself', () => {
    const folded = foldText('x'.repeat(5_000), 3);
    expect(folded).toMatchObject({ isFolded: true, hiddenLines: 0 });
    expect(folded.text).toHaveLength(420);
  });

  it('always shows a beginning of the text', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 10 }), (text, lines) => {
        expect(text.startsWith(foldText(text, lines).text)).toBe(true);
      }),
    );
  });
});
