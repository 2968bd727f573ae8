/** How much is measured: the whole benchmark, or the quick run that only shows that all of it works. */
import type { Pace } from './rounds.ts';

export interface Scale {
  /** Of the benchmark of transitions. */
  readonly transitions: Pace;
  /** Of the benchmark of effect chains. */
  readonly chains: Pace;
  /** Actors at work at the same time, smallest first. */
  readonly actorCounts: readonly number[];
  /** Actors whose commands are coalesced, and how many commands each has waiting. */
  readonly coalesced: { readonly actors: number; readonly depth: number };
  /** Commands that lie in the inbox when the worker starts. */
  readonly backlog: { readonly actors: number; readonly commands: number; readonly rounds: number };
  readonly stepCost: {
    readonly steps: number;
    readonly warmUpSteps: number;
    readonly rounds: number;
  };
  /** Steps of one whole session, those whose median stands for one place in it, and how many sessions. */
  readonly sessionSteps: {
    readonly steps: number;
    readonly windowSteps: number;
    readonly rounds: number;
  };
  readonly parked: number;
  readonly chainCounts: readonly number[];
}

/** Under three minutes in all, both sync modes. */
export const fullScale: Scale = {
  transitions: { rounds: 3, roundMs: 700, warmUpMs: 300 },
  chains: { rounds: 3, roundMs: 500, warmUpMs: 200 },
  actorCounts: [1, 100, 1_000],
  coalesced: { actors: 100, depth: 32 },
  backlog: { actors: 100, commands: 10_000, rounds: 3 },
  stepCost: { steps: 2_000, warmUpSteps: 300, rounds: 3 },
  sessionSteps: { steps: 200, windowSteps: 25, rounds: 3 },
  parked: 1_000,
  chainCounts: [1, 50, 200],
};

/** Under twenty seconds; its figures mean nothing. */
export const quickScale: Scale = {
  transitions: { rounds: 1, roundMs: 60, warmUpMs: 10 },
  chains: { rounds: 1, roundMs: 60, warmUpMs: 10 },
  actorCounts: [1, 20, 100],
  coalesced: { actors: 20, depth: 16 },
  backlog: { actors: 10, commands: 200, rounds: 1 },
  stepCost: { steps: 60, warmUpSteps: 5, rounds: 1 },
  sessionSteps: { steps: 30, windowSteps: 4, rounds: 1 },
  parked: 20,
  chainCounts: [1, 10],
};
