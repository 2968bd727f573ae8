import { describe, expect, it } from 'vitest';
import { isAtEnd, isScrolledUp } from './is-at-end.ts';

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

describe('isScrolledUp', () => {
  const before = { scrollTop: 700, clientHeight: 300, scrollHeight: 1000 };

  it.each([
    ['the reader scrolled up', { ...before, scrollTop: 600 }, true],
    ['the reader scrolled down', { ...before, scrollTop: 720 }, false],
    [
      'an entry came into view and was smaller',
      { ...before, scrollTop: 600, scrollHeight: 900 },
      false,
    ],
    ['the pane became smaller', { ...before, scrollTop: 600, clientHeight: 200 }, false],
  ])('%s', (_name, now, expected) => {
    expect(isScrolledUp(before, now)).toBe(expected);
  });
});
