/** What a benchmark and a worker in a process of its own say to each other. */

export interface WorkerSettings {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly namespace: string;
  readonly partitionCount: number;
  readonly workerId: string;
}

/** Facts at once, or with the garbage collected first. */
export type WorkerQuestion = 'facts' | 'factsAfterCollection';

/** What the worker is at this moment. */
export interface WorkerFacts {
  readonly commits: number;
  readonly hosted: number;
  readonly partitions: number;
  readonly heapBytes: number;
  readonly rssBytes: number;
}
