/** What every actor hosted in one partition stands on. */
import type { Clock, WorkerStorage } from '../core/storage.ts';
import type { Tracer } from '../core/tracer.ts';
import type { EffectGates } from './effect-gates.ts';
import type { WorkerLog } from './log.ts';
import type { PartitionQuarantine } from './partition-quarantine.ts';
import type { WorkerObserver } from './worker-observer.ts';

export interface HostContext {
  readonly namespace: string;
  readonly epoch: number;
  readonly storage: WorkerStorage;
  readonly gates: EffectGates;
  readonly clock: Clock;
  readonly log: WorkerLog;
  readonly signal: AbortSignal;
  readonly observer: WorkerObserver;
  readonly tracer: Tracer | undefined;
  readonly quarantine: PartitionQuarantine;
}
