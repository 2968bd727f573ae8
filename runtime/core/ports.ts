/** What the runtime's users call and what its adapters implement. Interfaces only. */
import type { ActorAddress } from '../contract/address.ts';
import type { CommandBody } from '../contract/command.ts';
import type { StoredEvent } from '../contract/event.ts';
import type { Json } from '../contract/json.ts';
import type { ActorSummary } from '../contract/run-view.ts';

/** Answered only after JetStream's acknowledgement: what has a receipt is stored. */
export interface Receipt {
  readonly commandId: string;
  /** Position in INBOX; of the first copy when `duplicate`. */
  readonly seq: number;
  readonly duplicate: boolean;
}

/** Sends commands to actors from outside of any actor. Errors: `SB_NATS_UNAVAILABLE` (retryable), `SB_STORAGE_FULL`. */
export interface CommandSender {
  /**
   * Creates the actor; an actor that exists ignores it. Repeats to one actor with one `commandId` within the
   * store's window for repeats (two minutes) are applied once; who repeats later recognises them itself.
   */
  start(address: ActorAddress, input: Json, commandId: string): Promise<Receipt>;
  deliver(address: ActorAddress, body: CommandBody, commandId: string): Promise<Receipt>;
}

export interface EventQuery {
  /** Exclusive. 0 reads from the beginning. */
  readonly after: number;
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
  /** Oldest first, at most `limit`. */
  listEvents(query: EventQuery): Promise<readonly StoredEvent[]>;
}
