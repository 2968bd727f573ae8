/** What the driver and a worker in a process of its own say to each other. */

export interface WorkerSettings {
  readonly url: string;
  readonly replicas: number;
  readonly workerId: string;
  readonly executionsFile: string;
}

/** The worker's clock is that of the machine plus this. */
export interface ClockShift {
  readonly shiftMs: number;
}

export type WorkerReport =
  | { readonly type: 'ready' }
  | { readonly type: 'committed'; readonly partition: number }
  /** A commit was refused because another owner had committed. */
  | { readonly type: 'conflicted' }
  | { readonly type: 'warned'; readonly text: string };
