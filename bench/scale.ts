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
  /** Commands that lie in the inbox when the worker starts; `oneEach`: actors with one command each. */
  readonly backlog: {
    readonly actors: number;
    readonly commands: number;
    readonly oneEach: number;
    readonly rounds: number;
  };
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
  /** Actors that are activated. */
  readonly parked: number;
  /** Of the benchmark of a great many parked actors. */
  readonly parkedMany: number;
  readonly chainCounts: readonly number[];
  /** Of the comparison with other engines. */
  readonly peers: Pace;
  readonly latencyCounts: readonly number[];
  /** Actors with an effect under way when their worker is killed. */
  readonly inFlight: number;
  /** Timers of each actor, pending ones in all, and those that come due together, so long after the first is set. */
  readonly timers: {
    readonly each: number;
    readonly pending: number;
    readonly firing: number;
    readonly leadMs: number;
  };
  readonly scaling: { readonly workerCounts: readonly number[]; readonly actors: number };
}

/** About four minutes in all, both sync modes. */
export const fullScale: Scale = {
  transitions: { rounds: 3, roundMs: 700, warmUpMs: 300 },
  chains: { rounds: 3, roundMs: 500, warmUpMs: 200 },
  actorCounts: [1, 100, 1_000],
  coalesced: { actors: 100, depth: 32 },
  backlog: { actors: 100, commands: 10_000, oneEach: 5_000, rounds: 3 },
  stepCost: { steps: 2_000, warmUpSteps: 300, rounds: 3 },
  sessionSteps: { steps: 200, windowSteps: 25, rounds: 3 },
  parked: 1_000,
  parkedMany: 100_000,
  chainCounts: [1, 50, 200],
  peers: { rounds: 3, roundMs: 3_000, warmUpMs: 1_500 },
  latencyCounts: [1, 100],
  inFlight: 10_000,
  timers: { each: 100, pending: 100_000, firing: 20_000, leadMs: 10_000 },
  scaling: { workerCounts: [1, 2], actors: 1_000 },
};

/** Under twenty seconds; its figures mean nothing. */
export const quickScale: Scale = {
  transitions: { rounds: 1, roundMs: 60, warmUpMs: 10 },
  chains: { rounds: 1, roundMs: 60, warmUpMs: 10 },
  actorCounts: [1, 20, 100],
  coalesced: { actors: 20, depth: 16 },
  backlog: { actors: 10, commands: 200, oneEach: 40, rounds: 1 },
  stepCost: { steps: 60, warmUpSteps: 5, rounds: 1 },
  sessionSteps: { steps: 30, windowSteps: 4, rounds: 1 },
  parked: 20,
  parkedMany: 50,
  chainCounts: [1, 10],
  peers: { rounds: 1, roundMs: 200, warmUpMs: 50 },
  latencyCounts: [1, 10],
  inFlight: 50,
  timers: { each: 10, pending: 200, firing: 100, leadMs: 1_000 },
  scaling: { workerCounts: [1, 2], actors: 20 },
};
