/** The ports a worker stands on. `runtime/nats` implements them on JetStream, `runtime/testing` in memory. */
import type { ActorAddress } from '../contract/address.ts';
import type { CommandEnvelope } from '../contract/command.ts';
import type { DeadLetter } from '../contract/dead-letter.ts';
import type { EventMessage } from '../contract/event.ts';
import type { Json } from '../contract/json.ts';
import type { Commit } from './commit.ts';
import type { Priority } from './lanes.ts';
import type { LeaseStore } from './leases.ts';
import type { QuarantineStore } from './quarantine.ts';
import type { TimerStore } from './timer-store.ts';

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
  /** All events of one commit. */
  | { readonly type: 'events'; readonly messageId: string; readonly events: EventMessage }
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
      readonly priority: Priority;
      readonly work: WorkItem;
    }
  | {
      readonly type: 'cancelWork';
      readonly messageId: string;
      readonly pool: string;
      readonly effectId: string;
    }
  /** Stored once for ever: a letter that is there, or was dropped, is not stored again. */
  | { readonly type: 'deadLetter'; readonly messageId: string; readonly letter: DeadLetter };

export interface RelayOutlet {
  /** Resolves when every message is stored (or was before). */
  publish(messages: readonly RelayMessage[]): Promise<void>;
  /**
   * The same for a commit that an earlier worker may have relayed, however long ago: events that are stored are left out
   * even when the store has forgotten its message id. Of all else the receivers know what they had before.
   */
  publishAgain(messages: readonly RelayMessage[]): Promise<void>;
}

export interface InboxMessage {
  readonly seq: number;
  /** Messages of the partition behind this one when it was delivered. */
  readonly behind: number;
  readonly address: ActorAddress;
  /** `unreadable` says why the message is not a command. */
  readonly content:
    | { readonly status: 'command'; readonly command: CommandEnvelope }
    | { readonly status: 'unreadable'; readonly reason: string; readonly text: string };
}

export interface InboxReader {
  /** Delivers in order, from `after` (exclusive) on, reconnecting by itself. Stops when the signal aborts. */
  read(
    partition: number,
    after: number,
    deliver: (message: InboxMessage) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** Removes what lies at or before `through`, which a saved checkpoint must have reached. */
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

/** A checkpoint as it lies in the store, and the right to replace it. */
export interface HeldCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly epoch: number;
  readonly revision: number;
}

export type CheckpointOutcome =
  | { readonly status: 'held'; readonly held: HeldCheckpoint }
  /** An owner with a larger epoch has taken the checkpoint over. */
  | { readonly status: 'fenced' };

export interface CheckpointStore {
  /** Marks the checkpoint with the owner's epoch: from then on no owner with a smaller one can save. */
  takeOver(partition: number, epoch: number): Promise<CheckpointOutcome>;
  /** Not to be called again for the same partition before it has answered. */
  save(partition: number, held: HeldCheckpoint, checkpoint: Checkpoint): Promise<CheckpointOutcome>;
}

/** A pool effect as it lies in the work queue. */
export interface WorkItem {
  /** Of the commit that asks for the effect, as `traceparent`. */
  readonly trace?: string;
  readonly effectId: string;
  readonly actor: ActorAddress;
  /** Of the actor's machine when it asked. */
  readonly version: number;
  readonly source: string;
  readonly input: Json;
  /** It may have lain in the queue before, and have been begun. */
  readonly repeated?: true;
}

export interface WorkDelivery {
  readonly work: WorkItem;
  /** Where the item lies in the queue; later items have larger ones. */
  readonly position: number;
  /** 1 for the first time that the item is given to anyone. */
  readonly deliveries: number;
  /** Keeps the item from being given to another worker; call at least every `heartbeatMs`. */
  heartbeat(): void;
  /** The item is finished and leaves the queue. If this is lost on its way, the item is delivered again. */
  finish(): void;
  /** The item stays and is delivered again soon. */
  release(): void;
}

export interface WorkQueue {
  readonly heartbeatMs: number;
  /**
   * The next item of the pool; undefined when the signal aborts. As many items are under way as there are calls that
   * wait. Lanes take turns (`lanes.ts`).
   */
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

export interface Listening {
  /**
   * The cancellation of an item behind this position in the queue would have been heard; undefined while nothing is
   * known, as after a loss of the connection.
   */
  readonly heardFrom: number | undefined;
  stop(): void;
}

export interface Cancellations {
  /** Calls back with the id of every effect of the pool that is cancelled from now on. */
  listen(pool: string, cancelled: (effectId: string) => void): Listening;
}

/**
 * Small records that all workers share and change by compare-and-set: rate limits and circuit breakers. They may be
 * lost with the server: a limit begins full then, and a circuit closed.
 */
export interface SharedRecords {
  read(key: string): Promise<{ readonly value: Json; readonly revision: number } | undefined>;
  /** `revision` 0: there is none yet. Returns the new revision; undefined when someone else has written meanwhile. */
  write(key: string, value: Json, revision: number): Promise<number | undefined>;
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
  readonly shared: SharedRecords;
  readonly leases: LeaseStore;
  readonly timers: TimerStore;
  readonly quarantine: QuarantineStore;
}
