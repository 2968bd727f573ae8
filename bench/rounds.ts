/** Runs variants of one thing in turn, so that what else the machine does meets all of them alike. */
import type { Round } from './figure.ts';

export interface Variant {
  readonly subject: string;
  readonly actors: number;
  readonly run: (durationMs: number) => Promise<Round>;
}

export interface Pace {
  readonly rounds: number;
  readonly roundMs: number;
  /** Before the rounds, and not counted: lets the compiler and the server settle. */
  readonly warmUpMs: number;
}

/** The rounds of each variant, in the variants' order. Every round starts with another variant. */
export async function runInTurn(
  variants: readonly Variant[],
  pace: Pace,
): Promise<readonly (readonly Round[])[]> {
  const results = variants.map((variant) => ({ variant, rounds: new Array<Round>() }));
  for (const { variant } of results) await variant.run(pace.warmUpMs);
  for (let round = 0; round < pace.rounds; round += 1) {
    const start = round % results.length;
    for (const { variant, rounds } of [...results.slice(start), ...results.slice(0, start)]) {
      rounds.push(await variant.run(pace.roundMs));
    }
  }
  return results.map(({ rounds }) => rounds);
}
