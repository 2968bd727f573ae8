/** The benchmarks by name, and running a choice of them in both sync modes. */
import type { SyncMode } from '../runtime/nats/embedded/server-environment.ts';
import { measureActivation } from './activation.ts';
import { measureBacklog } from './backlog.ts';
import { measureEffectChains } from './effect-chain.ts';
import { openEnvironment, type Environment } from './environment.ts';
import type { Figure } from './figure.ts';
import { describeMachine, type Machine } from './machine.ts';
import type { Scale } from './scale.ts';
import { measureSessionSteps } from './session-steps.ts';
import { measureStepCost } from './step-cost.ts';
import { measureTransitions } from './transitions.ts';

type Benchmark = (environment: Environment, scale: Scale) => Promise<readonly Figure[]>;

const benchmarks: ReadonlyMap<string, Benchmark> = new Map([
  // First: pulls that a stopped worker leaves behind take work from the next one for five seconds.
  ['effect-chain', measureEffectChains],
  ['transitions', measureTransitions],
  ['backlog', measureBacklog],
  ['step-cost', measureStepCost],
  ['session-steps', measureSessionSteps],
  ['activation', measureActivation],
]);

export const benchmarkNames: readonly string[] = [...benchmarks.keys()];

export const syncModes: readonly SyncMode[] = ['always', 'interval'];

export interface Report {
  readonly machine: Machine;
  readonly figures: readonly Figure[];
  readonly elapsedSeconds: number;
}

export interface SuiteOptions {
  /** Of `benchmarkNames`. */
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
        const measure = benchmarks.get(name);
        if (measure !== undefined) figures.push(...(await measure(environment, options.scale)));
      }
    } finally {
      await environment.stop();
    }
  }
  if (machine === undefined) throw new Error('no sync mode was chosen');
  return { machine, figures, elapsedSeconds: (performance.now() - startedAt) / 1_000 };
}
