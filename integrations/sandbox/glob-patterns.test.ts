import { describe, expect, it } from 'vitest';
import { expandBraces, refuseOutsidePattern } from './glob-patterns.ts';

describe('expandBraces', () => {
  it.each([
    ['a.ts', ['a.ts']],
    ['a.{ts,js}', ['a.ts', 'a.js']],
    ['{a,b}/{c,d}', ['a/c', 'a/d', 'b/c', 'b/d']],
    ['a{b,{c,d}}', ['ab', 'ac', 'ad']],
    ['a{b}', ['a{b}']],
  ])('%s', (pattern, expected) => {
    expect([...expandBraces(pattern)].sort()).toEqual([...expected].sort());
  });

  it('refuses a pattern that explodes', () => {
    expect(() => expandBraces('{a,b}'.repeat(20))).toThrowError(
      expect.objectContaining({ code: 'SB_TOOL_FAILED' }),
    );
  });
});

describe('refuseOutsidePattern', () => {
  it.each(['../x', 'a/../b', '{..,a}/x', '@(..|a)/x', '/etc/*', 'a/..', '..', 'a\0b', '\\../x'])(
    'refuses %j',
    (pattern) => {
      expect(() => refuseOutsidePattern(pattern)).toThrowError(
        expect.objectContaining({ code: 'SB_PATH_OUTSIDE' }),
      );
    },
  );

  it('accepts what stays inside', () => {
    for (const pattern of ['**/*.ts', 'a..b/*', '...', '.github/*', '{a,b}/**']) {
      expect(() => refuseOutsidePattern(pattern)).not.toThrow();
    }
  });

  it('asks for what to find, not for what not to', () => {
    expect(() => refuseOutsidePattern('!a')).toThrowError(
      expect.objectContaining({ code: 'SB_TOOL_FAILED' }),
    );
  });
});
