/** What a worker tells of its work while it goes on: for metrics, for `signalbox top`, and for tests of crashes. */
import type { ActorAddress } from '../contract/address.ts';
import type { Commit } from '../core/commit.ts';

/** How the commands of one batch fared; the four add up to what was read. */
export interface BatchFacts {
  readonly applied: number;
  /** Told so: there is no such actor, or it has ended, or its start failed. */
  readonly refused: number;
  readonly deadLettered: number;
  /** Late or repeated. */
  readonly ignored: number;
}

/** One attempt of one effect. */
export interface EffectAttempt {
  readonly actor: ActorAddress;
  readonly effectId: string;
  readonly source: string;
  /** Undefined for a local effect. */
  readonly pool: string | undefined;
  /** 1 for the first. */
  readonly attempt: number;
}

export type AttemptOutcome = 'done' | 'failed' | 'cut';

/** Called on the hot path: implementations count and return. */
export interface WorkerObserver {
  /** Between the acknowledgement of a commit and its relay. */
  committed?(address: ActorAddress, commit: Commit): void;
  /** A batch of commands is dealt with: applied and stored, or found to change nothing. */
  handled?(address: ActorAddress, batch: BatchFacts): void;
  /** Another owner has committed in between; the actor is loaded again. */
  conflicted?(address: ActorAddress): void;
  quarantined?(address: ActorAddress): void;
  attemptStarted?(attempt: EffectAttempt): void;
  /** `cut`: its actor cancelled it, its deadline passed, or the worker stops. */
  attemptEnded?(attempt: EffectAttempt, outcome: AttemptOutcome): void;
}
