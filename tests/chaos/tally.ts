/** What was received from one sender, in so few numbers that a command that is missing, there twice or out of order shows. Pure. */

export interface Tally {
  /** The number of the last command. Numbers begin at 1 and have no gaps. */
  readonly last: number;
  readonly count: number;
  /** Depends on every number and on their order. */
  readonly checksum: number;
}

export const emptyTally: Tally = { last: 0, count: 0, checksum: 17 };

const modulus = 2 ** 31 - 1;

export function addToTally({ count, checksum }: Tally, number: number): Tally {
  return { last: number, count: count + 1, checksum: (checksum * 31 + number) % modulus };
}

/** Of the commands 1 to `count`, each once and in order. */
export function tallyThrough(count: number): Tally {
  let tally = emptyTally;
  for (let number = 1; number <= count; number += 1) tally = addToTally(tally, number);
  return tally;
}

/** What the `number`-th payment moves. */
export function amountOf(number: number): number {
  return 1 + (number % 7);
}
