import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { locateJsonError } from './json-position.ts';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('locateJsonError', () => {
  it.each([
    ['{\n  "a": 1,\n}', 3, 1],
    ['{\n  a: 1 }', 2, 3],
    ['[1 2]', 1, 4],
    ['{"a" 1}', 1, 6],
    ['{"a": "x\ny"}', 1, 9],
    ['[1', 1, 3],
    ['', 1, 1],
    ['{} {}', 1, 4],
    ['[01]', 1, 3],
    ["{'a': 1}", 1, 2],
  ])('finds the error in %j at %i:%i', (text, line, column) => {
    expect(locateJsonError(text)).toEqual({ line, column });
  });

  it('agrees with JSON.parse on what is JSON', () => {
    const damaged = fc
      .tuple(
        fc.json(),
        fc.nat(),
        fc.constantFrom('', ',', '"', '}', ']', ':', '\\', '\n', 'x', '0'),
      )
      .map(([text, at, piece]) => {
        const cut = at % (text.length + 1);
        return text.slice(0, cut) + piece + text.slice(cut + 1);
      });
    fc.assert(
      fc.property(fc.oneof(fc.json(), damaged), (text) => {
        expect(locateJsonError(text) === undefined).toBe(isJson(text));
      }),
      { numRuns: 2000 },
    );
  });
});
