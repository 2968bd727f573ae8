/** Counts what a worker does and knows which effects are under way. Plain numbers: it is told of every commit. */
import type { Clock } from '../core/storage.ts';
import type {
  AttemptOutcome,
  BatchFacts,
  EffectAttempt,
  WorkerObserver,
} from './worker-observer.ts';

export interface KindCounts {
  commits: number;
  events: number;
  applied: number;
  refused: number;
  deadLettered: number;
  ignored: number;
  conflicts: number;
  quarantined: number;
}

export interface EffectCounts {
  readonly kind: string;
  readonly source: string;
  readonly outcomes: Record<AttemptOutcome, number>;
  retries: number;
}

export interface RunningEffect extends EffectAttempt {
  readonly sinceMs: number;
}

/** Told of every commit and every attempt beside counting; for what keeps more than a number. */
export interface ActivityListener {
  batchSize?(commands: number): void;
  attemptTook?(attempt: EffectAttempt, durationMs: number): void;
}

export interface WorkerActivity {
  readonly observer: WorkerObserver;
  readonly kinds: ReadonlyMap<string, Readonly<KindCounts>>;
  /** By `kind source`. */
  readonly effects: ReadonlyMap<string, Readonly<EffectCounts>>;
  /** In the order in which they were started. */
  readonly running: Iterable<RunningEffect>;
  /** Over all kinds. */
  totals(): Readonly<KindCounts>;
}

const none = (): KindCounts => ({
  commits: 0,
  events: 0,
  applied: 0,
  refused: 0,
  deadLettered: 0,
  ignored: 0,
  conflicts: 0,
  quarantined: 0,
});

export function createWorkerActivity(
  clock: Pick<Clock, 'nowMs'>,
  listener: ActivityListener = {},
): WorkerActivity {
  const kinds = new Map<string, KindCounts>();
  const effects = new Map<string, EffectCounts>();
  const running = new Map<string, RunningEffect>();

  const kindOf = (kind: string): KindCounts => {
    const known = kinds.get(kind);
    if (known !== undefined) return known;
    const counts = none();
    kinds.set(kind, counts);
    return counts;
  };
  const effectOf = ({ actor, source }: EffectAttempt): EffectCounts => {
    const key = `${actor.kind} ${source}`;
    const known = effects.get(key);
    if (known !== undefined) return known;
    const outcomes = { done: 0, failed: 0, cut: 0 };
    const counts = { kind: actor.kind, source, outcomes, retries: 0 };
    effects.set(key, counts);
    return counts;
  };

  const observer: WorkerObserver = {
    committed: ({ kind }, { cause, outbox }) => {
      const counts = kindOf(kind);
      counts.commits += 1;
      for (const entry of outbox) if (entry.type === 'event') counts.events += 1;
      listener.batchSize?.(cause.length);
    },
    handled: ({ kind }, batch) => {
      addBatch(kindOf(kind), batch);
    },
    conflicted: ({ kind }) => {
      kindOf(kind).conflicts += 1;
    },
    quarantined: ({ kind }) => {
      kindOf(kind).quarantined += 1;
    },
    attemptStarted: (attempt) => {
      running.set(attempt.effectId, { ...attempt, sinceMs: clock.nowMs() });
      if (attempt.attempt > 1) effectOf(attempt).retries += 1;
    },
    attemptEnded: (attempt, outcome) => {
      effectOf(attempt).outcomes[outcome] += 1;
      const started = running.get(attempt.effectId);
      if (started === undefined) return;
      running.delete(attempt.effectId);
      listener.attemptTook?.(attempt, clock.nowMs() - started.sinceMs);
    },
  };
  return {
    observer,
    kinds,
    effects,
    get running() {
      return running.values();
    },
    totals: () => addUp(kinds.values()),
  };
}

function addUp(kinds: Iterable<KindCounts>): KindCounts {
  const sum = none();
  for (const counts of kinds) {
    addBatch(sum, counts);
    sum.commits += counts.commits;
    sum.events += counts.events;
    sum.conflicts += counts.conflicts;
    sum.quarantined += counts.quarantined;
  }
  return sum;
}

function addBatch(counts: KindCounts, batch: BatchFacts): void {
  counts.applied += batch.applied;
  counts.refused += batch.refused;
  counts.deadLettered += batch.deadLettered;
  counts.ignored += batch.ignored;
}

/** One observer of several, each told of everything. */
export function combineObservers(observers: readonly WorkerObserver[]): WorkerObserver {
  return {
    committed: (...told) => {
      for (const observer of observers) observer.committed?.(...told);
    },
    handled: (...told) => {
      for (const observer of observers) observer.handled?.(...told);
    },
    conflicted: (...told) => {
      for (const observer of observers) observer.conflicted?.(...told);
    },
    quarantined: (...told) => {
      for (const observer of observers) observer.quarantined?.(...told);
    },
    attemptStarted: (...told) => {
      for (const observer of observers) observer.attemptStarted?.(...told);
    },
    attemptEnded: (...told) => {
      for (const observer of observers) observer.attemptEnded?.(...told);
    },
  };
}
