import { describe, expect, it } from 'vitest';
import { findNearestName, suggestName } from './nearest-name.ts';

describe('findNearestName', () => {
  const known = ['prompt', 'title', 'reworkFrom', 'id', 'minLength'];

  it.each([
    ['promt', 'prompt'],
    ['porompt', 'prompt'],
    ['rework_from', 'reworkFrom'],
    ['Title', 'title'],
    ['tilte', 'title'],
    ['di', 'id'],
    ['min-lenght', 'minLength'],
    ['wholly different', undefined],
    ['', undefined],
    ['x'.repeat(100_000), undefined],
  ])('%s -> %s', (name, expected) => {
    expect(findNearestName(name, known)).toBe(expected);
  });

  it('lists the known names when none is near', () => {
    expect(suggestName('zzz', ['a-name', 'b-name'], 'Use one of these')).toBe(
      'Use one of these: a-name, b-name.',
    );
  });
});
