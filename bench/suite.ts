/** The benchmarks by name, and running a choice of them in both sync modes. */
import type { SyncMode } from '../runtime/nats/embedded/server-environment.ts';
import { measureActivation } from './activation.ts';
import { measureBacklog } from './backlog.ts';
import { measureEffectChains } from './effect-chain.ts';
import { openEnvironment, type Environment } from './environment.ts';
import type { Figure } from './figure.ts';
import { measureLatency } from './latency.ts';
import { describeMachine, type Machine } from './machine.ts';
import { measureParked } from './parked.ts';
import { measurePeers } from './peers.ts';
import { measureRecovery } from './recovery.ts';
import type { Scale } from './scale.ts';
import { measureScaling } from './scaling.ts';
import { measureSessionSteps } from './session-steps.ts';
import { measureStepCost } from './step-cost.ts';
import { measureTimers } from './timers.ts';
import { measureTransitions } from './transitions.ts';

type Measure = (environment: Environment, scale: Scale) => Promise<readonly Figure[]>;

const benchmarks: ReadonlyMap<string, Measure> = new Map([
  // First: pulls that a stopped worker leaves behind take work from the next one for five seconds.
  ['effect-chain', measureEffectChains],
  ['transitions', measureTransitions],
  ['backlog', measureBacklog],
  ['step-cost', measureStepCost],
  ['session-steps', measureSessionSteps],
  ['activation', measureActivation],
  ['latency', measureLatency],
  ['scaling', measureScaling],
  ['recovery', measureRecovery],
  ['timers', measureTimers],
]);

/** Too long for every run, or in need of more than this repository: run when they are named. */
const benchmarksOnDemand: ReadonlyMap<string, Measure> = new Map([
  ['peers', measurePeers],
  ['parked', measureParked],
]);

export const benchmarkNames: readonly string[] = [...benchmarks.keys()];
export const namesOnDemand: readonly string[] = [...benchmarksOnDemand.keys()];

export const syncModes: readonly SyncMode[] = ['always', 'interval'];

export interface Report {
  /** ISO 8601, the day alone. */
  readonly date: string;
  readonly machine: Machine;
  readonly figures: readonly Figure[];
  readonly elapsedSeconds: number;
}

export interface SuiteOptions {
  /** Of `benchmarkNames` and `namesOnDemand`. */
  readonly names: readonly string[];
  readonly syncModes: readonly SyncMode[];
  readonly scale: Scale;
  readonly progress: (line: string) => void;
}

/** Each sync mode has a server of its own; the one that it states is the one reported. */
export async function runSuite(options: SuiteOptions): Promise<Report> {
  const startedAt = performance.now();
  const figures: Figure[] = [];
  let machine: Machine | undefined;
  for (const syncMode of options.syncModes) {
    const environment = await openEnvironment(syncMode);
    try {
      machine ??= await describeMachine(environment.server.version);
      for (const name of options.names) {
        options.progress(`${name}, sync ${environment.server.syncMode} …`);
        const measure = benchmarks.get(name) ?? benchmarksOnDemand.get(name);
        if (measure !== undefined) figures.push(...(await measure(environment, options.scale)));
      }
    } finally {
      await environment.stop();
    }
  }
  if (machine === undefined) throw new Error('no sync mode was chosen');
  const date = new Date().toISOString().slice(0, 10);
  return { date, machine, figures, elapsedSeconds: (performance.now() - startedAt) / 1_000 };
}
