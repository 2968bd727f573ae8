/** The one source of chance of a simulation: a seed gives the same numbers for ever, on every machine. */
import { hashText } from '../../contract/subjects.ts';

export interface Random {
  /** Both ends included. */
  integer(from: number, to: number): number;
  chance(share: number): boolean;
  /** Throws on an empty list. */
  pick<Value>(values: readonly Value[]): Value;
}

/** `purpose` gives one seed several independent lines of numbers. */
export function createRandom(seed: number, purpose: string): Random {
  const next = createSequence(hashText(`${seed}/${purpose}`));
  return {
    integer: (from, to) => from + Math.floor(next() * (to - from + 1)),
    chance: (share) => next() < share,
    pick: (values) => {
      const value = values[Math.floor(next() * values.length)];
      if (value === undefined) throw new Error('there is nothing to pick from');
      return value;
    },
  };
}

/** splitmix32: from [0, 1), every state of 32 bits once. https://github.com/bryc/code/blob/master/jshash/PRNGs.md */
function createSequence(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}
