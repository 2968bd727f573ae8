/** What the runtime's users call and what its adapters implement. Interfaces only. */
import type { ActorAddress } from '../contract/address.ts';
import type { CommandBody } from '../contract/command.ts';
import type { StoredEvent } from '../contract/event.ts';
import type { Json } from '../contract/json.ts';
import type { ActorSummary } from '../contract/run-view.ts';
import type { TreeLimits } from '../contract/tree-limits.ts';

/** Answered only after JetStream's acknowledgement: what has a receipt is stored. */
export interface Receipt {
  readonly commandId: string;
  /** Position in INBOX; of the first copy when `duplicate`. */
  readonly seq: number;
  readonly duplicate: boolean;
}

export interface StartOptions {
  /** For this actor and all that descend from it; those of its kind hold as well. */
  readonly limits?: TreeLimits;
}

/** Sends commands to actors from outside of any actor. Errors: `SB_NATS_UNAVAILABLE` (retryable), `SB_STORAGE_FULL`. */
export interface CommandSender {
  /**
   * Creates the actor; an actor that exists ignores it. Repeats to one actor with one `commandId` within the
   * store's window for repeats (two minutes) are applied once; who repeats later recognises them itself.
   */
  start(
    address: ActorAddress,
    input: Json,
    commandId: string,
    options?: StartOptions,
  ): Promise<Receipt>;
  deliver(address: ActorAddress, body: CommandBody, commandId: string): Promise<Receipt>;
}

/** What only a person who runs the system sends. */
export interface OperatorCommands extends CommandSender {
  /** Lets a quarantined actor try again; any other ignores it. */
  release(address: ActorAddress, commandId: string): Promise<Receipt>;
}

export interface EventQuery {
  /** Exclusive. 0 reads from the beginning. */
  readonly after: number;
  /** Counted in messages, which are never split: a page of fewer events is the last one. */
  readonly limit: number;
  /** Only the actor with this id and its descendants (`id::…`). */
  readonly tree?: string;
  readonly actor?: ActorAddress;
}

/** The read model: facts folded from EVENTS. Always behind the stream by a little, never ahead. */
export interface HistoryReader {
  /** Every event up to this position is folded in. */
  throughSeq(): Promise<number>;
  /** Newest first. */
  listActors(query: {
    readonly kind?: string;
    readonly limit: number;
  }): Promise<readonly ActorSummary[]>;
  /** The actor with this id and its descendants (`id::…`), of any kind, oldest first. */
  listTree(id: string): Promise<readonly ActorSummary[]>;
  getActor(address: ActorAddress): Promise<ActorSummary | undefined>;
  /** Oldest first. */
  listEvents(query: EventQuery): Promise<readonly StoredEvent[]>;
}
