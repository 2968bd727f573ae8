/**
 * Finds where a text stops being JSON. `JSON.parse` says so only in prose that differs between
 * engines, and a person who edits a recording by hand needs the line.
 */

export interface TextPosition {
  /** Both 1-based. */
  readonly line: number;
  readonly column: number;
}

const whitespace = /[ \t\n\r]*/y;
const scalar =
  /"(?:[^"\\]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** The position of the first character that JSON does not allow, or undefined when the text is JSON. */
export function locateJsonError(text: string): TextPosition | undefined {
  const offset = findErrorOffset(text);
  if (offset === undefined) return undefined;
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
}

/** What may come next, as a small pushdown automaton: recursion would break on deep nesting. */
type Expectation = 'value' | 'firstItem' | 'firstKey' | 'key' | 'afterValue';

function findErrorOffset(text: string): number | undefined {
  const open: ('array' | 'object')[] = [];
  let expectation: Expectation = 'value';
  let at = skip(text, 0);
  while (at < text.length) {
    const character = text.charAt(at);
    const inside = open.at(-1);
    if (expectation === 'afterValue') {
      if (character === ',' && inside !== undefined) {
        expectation = inside === 'array' ? 'value' : 'key';
        at = skip(text, at + 1);
        continue;
      }
      if (inside === undefined || character !== (inside === 'array' ? ']' : '}')) return at;
      open.pop();
      at = skip(text, at + 1);
    } else if (closesEmpty(character, expectation)) {
      open.pop();
      expectation = 'afterValue';
      at = skip(text, at + 1);
    } else if (expectation === 'key' || expectation === 'firstKey') {
      const end = character === '"' ? matchScalar(text, at) : undefined;
      if (end === undefined) return at;
      const control = findControl(text, at, end);
      if (control !== undefined) return control;
      const colon = skip(text, end);
      if (text.charAt(colon) !== ':') return colon;
      expectation = 'value';
      at = skip(text, colon + 1);
    } else if (character === '{' || character === '[') {
      open.push(character === '{' ? 'object' : 'array');
      expectation = character === '{' ? 'firstKey' : 'firstItem';
      at = skip(text, at + 1);
    } else {
      const end = matchScalar(text, at);
      if (end === undefined) return at;
      const control = findControl(text, at, end);
      if (control !== undefined) return control;
      expectation = 'afterValue';
      at = skip(text, end);
    }
  }
  return expectation === 'afterValue' && open.length === 0 ? undefined : text.length;
}

function closesEmpty(character: string, expectation: Expectation): boolean {
  return (
    (expectation === 'firstItem' && character === ']') ||
    (expectation === 'firstKey' && character === '}')
  );
}

function skip(text: string, from: number): number {
  whitespace.lastIndex = from;
  whitespace.test(text);
  return whitespace.lastIndex;
}

function matchScalar(text: string, from: number): number | undefined {
  scalar.lastIndex = from;
  return scalar.test(text) ? scalar.lastIndex : undefined;
}

/** A string may hold no raw control character: a line break in it is the usual slip. */
function findControl(text: string, from: number, to: number): number | undefined {
  for (let at = from; at < to; at += 1) {
    if (text.charCodeAt(at) < 0x20) return at;
  }
  return undefined;
}
