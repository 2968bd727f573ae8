/**
 * The port through which workers share the partitions: who is alive, and who holds what. Placement only, never
 * correctness: that is the sequence check of a commit. docs/adr/0020 says why a claim itself has no lifetime.
 */

/** A worker as the others see it. */
export interface Member {
  /** One letter-digit-dash token. Stable over the restarts of one installation, or new with every process. */
  readonly workerId: string;
  /** Whether partitions are placed on it. */
  readonly hostsActors: boolean;
  /** Pools whose effects it runs. */
  readonly pools: readonly string[];
  readonly startedAt: string;
}

/** An entry among the live workers. It is gone when it has not been renewed for `ttlMs`. */
export interface Membership {
  readonly member: Member;
  /** Tells this entry from one of another process with the same worker id. */
  readonly instance: string;
  readonly revision: number;
}

export type Renewal =
  | { readonly status: 'renewed'; readonly membership: Membership }
  /** It was gone and is entered anew: others may have taken this worker's partitions meanwhile. */
  | { readonly status: 'lapsed'; readonly membership: Membership }
  /** Another process has joined with the same worker id. */
  | { readonly status: 'replaced' };

/** What is known of one partition. */
export interface Claim {
  /** Undefined: released. */
  readonly workerId: string | undefined;
  /** Grows with every claim and release; of a claim it is the epoch. */
  readonly revision: number;
}

export type ClaimOutcome =
  | { readonly status: 'claimed'; readonly epoch: number }
  /** The partition's claim is not the one that was seen: look again. */
  | { readonly status: 'changed' };

export interface Placement {
  /** The live workers, by worker id. */
  readonly members: ReadonlyMap<string, Member>;
  /** A partition that was never claimed is absent. */
  readonly claims: ReadonlyMap<number, Claim>;
}

/** Errors: `SB_NATS_UNAVAILABLE` and `SB_STORAGE_FULL`, both retryable. */
export interface LeaseStore {
  /** How long a worker counts as alive without a renewal. */
  readonly ttlMs: number;
  /** Enters the worker among the live ones, in place of what an earlier process with its id has left. */
  join(member: Member): Promise<Membership>;
  /** `changed` replaces what the entry says. */
  renew(membership: Membership, changed?: Member): Promise<Renewal>;
  leave(membership: Membership): Promise<void>;
  /** Claims the partition provided that its claim is still the one that was seen (revision 0: none). */
  claim(partition: number, workerId: string, seenRevision: number): Promise<ClaimOutcome>;
  /** Frees the partition, unless it has been claimed again since. */
  release(partition: number, epoch: number): Promise<void>;
  read(): Promise<Placement>;
  /** Calls back with everything at first and after every change but a mere renewal. Resolves when the signal aborts. */
  watch(changed: (placement: Placement) => void, signal: AbortSignal): Promise<void>;
}
