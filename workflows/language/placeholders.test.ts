import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SignalboxError } from '../../runtime/contract/errors.ts';
import { findPlaceholders, renderText } from './placeholders.ts';

describe('placeholders', () => {
  it('are found with their place', () => {
    expect(findPlaceholders('a {{b}} {{ c | d }} {{')).toEqual([
      { type: 'name', name: 'b', offset: 2 },
      { type: 'malformed', text: '{{ c | d }}', offset: 8 },
      { type: 'unclosed', offset: 20 },
    ]);
  });

  it('show any value as it is, in one pass', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (goal, branch) => {
        const nasty = `${goal}{{ branch }}$&$1`;
        expect(renderText('a {{ goal }}|{{branch}} b', { goal: nasty, branch })).toBe(
          `a ${nasty}|${branch} b`,
        );
      }),
    );
  });

  it.each(['constructor', '__proto__', 'toString', 'missing'])('give no value for %s', (name) => {
    expect(() => renderText(`{{ ${name} }}`, { goal: 'x' })).toThrow(SignalboxError);
  });
});
