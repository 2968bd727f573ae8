import { describe, expect, it } from 'vitest';
import { matchPath } from './match-path.ts';

describe('matchPath', () => {
  it.each([
    ['/', '/', {}],
    ['/runs/:id', '/runs/run-1', { id: 'run-1' }],
    ['/runs/:id', '/runs/run-1/', { id: 'run-1' }],
    ['/runs/:id', '/runs/a%3A%3Ab', { id: 'a::b' }],
    ['/runs/:id', '/runs', undefined],
    ['/runs/:id', '/runs/a/b', undefined],
    ['/runs/:id', '/runs/%E0%A4%A', undefined],
    ['/', '/elsewhere', undefined],
  ])('%s against %s', (pattern, path, expected) => {
    expect(matchPath(pattern, path)).toEqual(expected);
  });
});
