/** The ports a worker stands on. `runtime/nats` implements them on JetStream, `runtime/testing` in memory. */
import type { ActorAddress } from '../contract/address.ts';
import type { CommandEnvelope } from '../contract/command.ts';
import type { EventEnvelope } from '../contract/event.ts';
import type { Json } from '../contract/json.ts';
import type { Commit } from './commit.ts';

export interface StoredCommit {
  readonly status: 'stored';
  readonly commit: Commit;
  /** Position of the commit in its stream: what the next commit must expect. */
  readonly seq: number;
}

/** The last message of the actor's subject is not a commit that this code can read. */
export interface UnreadableCommit {
  readonly status: 'unreadable';
  readonly reason: string;
}

export type CommitOutcome =
  | { readonly status: 'committed'; readonly seq: number }
  /** Another owner has committed in between: drop what is in memory and load again. */
  | { readonly status: 'conflict' };

/** Errors of every port here: `SB_NATS_UNAVAILABLE` and `SB_STORAGE_FULL`, both retryable. */
export interface CommitStore {
  load(address: ActorAddress): Promise<StoredCommit | UnreadableCommit | undefined>;
  /** `expectedSeq` 0 means that there is no commit yet. */
  commit(address: ActorAddress, commit: Commit, expectedSeq: number): Promise<CommitOutcome>;
}

/** One outbox entry as a message; `messageId` makes a repeat harmless. */
export type RelayMessage =
  | { readonly type: 'event'; readonly messageId: string; readonly event: EventEnvelope }
  | {
      readonly type: 'command';
      readonly messageId: string;
      readonly to: ActorAddress;
      readonly command: CommandEnvelope;
    }
  | {
      readonly type: 'timer';
      readonly messageId: string;
      readonly owner: ActorAddress;
      readonly timerId: string;
      readonly atMs: number;
      readonly command: CommandEnvelope;
    }
  | {
      readonly type: 'work';
      readonly messageId: string;
      readonly pool: string;
      readonly work: WorkItem;
    }
  | {
      readonly type: 'cancelWork';
      readonly messageId: string;
      readonly pool: string;
      readonly effectId: string;
    };

export interface RelayOutlet {
  /** Resolves when every message is stored (or was before). */
  publish(messages: readonly RelayMessage[]): Promise<void>;
  /**
   * The same for a commit that an earlier worker may have relayed, however long ago: an event that is stored is left out
   * even when the store has forgotten its message id. Of all else the receivers know what they had before.
   */
  publishAgain(messages: readonly RelayMessage[]): Promise<void>;
}

export interface InboxMessage {
  readonly seq: number;
  readonly address: ActorAddress;
  /** `unreadable` says why the message is not a command. */
  readonly content:
    | { readonly status: 'command'; readonly command: CommandEnvelope }
    | { readonly status: 'unreadable'; readonly reason: string };
}

export interface InboxReader {
  /** Delivers in order, from `after` (exclusive) on, reconnecting by itself. Stops when the signal aborts. */
  read(
    partition: number,
    after: number,
    deliver: (message: InboxMessage) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** Removes what lies at or before `through`. */
  trim(partition: number, through: number): Promise<void>;
}

/**
 * Where a partition's reading goes on after a crash: everything up to `offset` is applied and relayed,
 * except in the `busy` actors, which have a local effect under way and are activated at start.
 */
export interface Checkpoint {
  readonly offset: number;
  readonly busy: readonly ActorAddress[];
}

export interface CheckpointStore {
  load(partition: number): Promise<Checkpoint>;
  save(partition: number, checkpoint: Checkpoint): Promise<void>;
}

/** A pool effect as it lies in the work queue. */
export interface WorkItem {
  readonly effectId: string;
  readonly actor: ActorAddress;
  readonly source: string;
  readonly input: Json;
}

export interface WorkDelivery {
  readonly work: WorkItem;
  /** Keeps the item from being given to another worker; call at least every `heartbeatMs`. */
  heartbeat(): void;
  /** The item is finished and leaves the queue. */
  finish(): Promise<void>;
  /** The item stays and is delivered again soon. */
  release(): void;
}

export interface WorkQueue {
  readonly heartbeatMs: number;
  /** The next item of the pool; undefined when the signal aborts. */
  take(pool: string, signal: AbortSignal): Promise<WorkDelivery | undefined>;
}

export interface Journal {
  /** Stores the value unless the step has one; returns what is stored. */
  put(
    effectId: string,
    step: string,
    value: Json,
  ): Promise<{ readonly stored: boolean; readonly value: Json }>;
  get(effectId: string, step: string): Promise<Json | undefined>;
}

export interface Cancellations {
  /** Calls back with the id of every effect of the pool that is cancelled from now on. */
  listen(pool: string, cancelled: (effectId: string) => void): () => void;
}

export interface Clock {
  nowMs(): number;
  /** Runs `task` at `atMs` (at once when past); returns the way to cancel it. */
  schedule(atMs: number, task: () => void): () => void;
}

export interface WorkerStorage {
  readonly commits: CommitStore;
  readonly relay: RelayOutlet;
  readonly inbox: InboxReader;
  readonly checkpoints: CheckpointStore;
  readonly work: WorkQueue;
  readonly journal: Journal;
  readonly cancellations: Cancellations;
  /** Takes the next epoch: larger than that of every worker before. */
  readonly nextEpoch: () => Promise<number>;
}
