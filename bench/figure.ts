/** A figure: one number that a benchmark measured, with its spread over the rounds. */
import type { SyncMode } from '../runtime/nats/embedded/server-environment.ts';
import { spreadOf, type Spread } from './statistics.ts';

export interface Figure extends Spread {
  readonly benchmark: string;
  readonly syncMode: SyncMode;
  /** What was measured: `floor`, `commands`, `local effects` … */
  readonly subject: string;
  /** Actors at work at the same time. */
  readonly actors: number;
  /** `transitions/s`, `p50 ms` …: the name ends in its unit. */
  readonly measure: string;
}

/** The measures of one round, by name. */
export type Round = Readonly<Record<string, number>>;

export interface Row {
  readonly benchmark: string;
  readonly syncMode: SyncMode;
  readonly subject: string;
  readonly actors: number;
}

/** One figure per measure, each over all rounds. */
export function toFigures(row: Row, rounds: readonly Round[]): readonly Figure[] {
  return Object.keys(rounds[0] ?? {}).map((measure) => ({
    ...row,
    measure,
    ...spreadOf(rounds.map((round) => round[measure] ?? 0)),
  }));
}
