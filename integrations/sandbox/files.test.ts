import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { replaceExact } from './files.ts';
import { detectLineEnds, splitLines } from './line-ends.ts';

function replace(text: string, oldText: string, newText: string, all = false) {
  return replaceExact(text, { oldText, newText, all }, 'a.txt');
}

describe('replaceExact', () => {
  it('replaces once, or all when asked', () => {
    expect(replace('a b c', 'b', 'x')).toEqual({ changed: 'a x c', replacements: 1 });
    expect(replace('b b', 'b', 'x', true)).toEqual({ changed: 'x x', replacements: 2 });
  });

  it('takes the new text literally', () => {
    expect(replace('a b', 'b', '$& $1 $$').changed).toBe('a $& $1 $$');
  });

  it('refuses what is absent, ambiguous or empty', () => {
    const refused = (problem: string): unknown =>
      expect.objectContaining({
        code: 'SB_TOOL_FAILED',
        message: expect.stringContaining(problem) as unknown,
      });
    expect(() => replace('a', 'b', 'x')).toThrowError(refused('does not hold the old text'));
    expect(() => replace('b b b', 'b', 'x')).toThrowError(refused('3 times'));
    expect(() => replace('b', '', 'x')).toThrowError(refused('the old text is empty'));
    expect(() => replace('a\r\nb\n', 'a\nb', 'x')).toThrowError(refused('mixes CRLF and LF'));
  });

  it('keeps the line ends of a CRLF file, whichever the agent writes', () => {
    expect(replace('a\r\nb\r\nc\r\n', 'a\nb', 'x\ny\nz').changed).toBe('x\r\ny\r\nz\r\nc\r\n');
    expect(replace('a\r\nb\r\n', 'a\r\nb', 'x\r\ny').changed).toBe('x\r\ny\r\n');
  });

  it('leaves a mixture exactly as it is', () => {
    expect(replace('a\r\nb\nc', 'b\n', 'x\n').changed).toBe('a\r\nx\nc');
  });

  it('never leaves a lone line feed in a CRLF file', () => {
    const anyText = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '\r\n') });
    fc.assert(
      fc.property(anyText, (newText) => {
        const { changed } = replace('one\r\ntwo\r\nthree\r\n', 'two\n', newText);
        expect(detectLineEnds(changed)).toBe('crlf');
      }),
    );
  });
});

describe('splitLines', () => {
  it('counts lines as people do', () => {
    expect(splitLines('')).toEqual([]);
    expect(splitLines('a')).toEqual(['a']);
    expect(splitLines('a\n\nb\n')).toEqual(['a', '', 'b']);
    expect(splitLines('a\r\nb\r\n')).toEqual(['a', 'b']);
    expect(splitLines('a\r\nb\n')).toEqual(['a\r', 'b']);
  });
});
