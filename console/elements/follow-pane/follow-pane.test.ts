import { describe, expect, it } from 'vitest';
import { isAtEnd } from './is-at-end.ts';

describe('isAtEnd', () => {
  it.each([
    [
      'content shorter than the region',
      { scrollTop: 0, clientHeight: 300, scrollHeight: 200 },
      true,
    ],
    ['the very end', { scrollTop: 700, clientHeight: 300, scrollHeight: 1000 }, true],
    [
      'a fraction of a line away',
      { scrollTop: 692.4, clientHeight: 300, scrollHeight: 1000 },
      true,
    ],
    ['scrolled up by a line', { scrollTop: 680, clientHeight: 300, scrollHeight: 1000 }, false],
  ])('%s', (_name, region, expected) => {
    expect(isAtEnd(region)).toBe(expected);
  });
});
