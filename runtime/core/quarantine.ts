/**
 * The port that keeps what belongs to actors standing still: why each does, and the commands that have come for
 * it. Commands are moved here, so that the inbox of everyone else can be trimmed. docs/adr/0026
 */
import type { ActorAddress } from '../contract/address.ts';
import type { CommandEnvelope } from '../contract/command.ts';

export interface QuarantinedActor {
  readonly address: ActorAddress;
  readonly reason: string;
  readonly since: string;
}

export interface HeldCommand {
  /** Its position in the inbox. */
  readonly seq: number;
  readonly command: CommandEnvelope;
}

/** With its place among all that is held: where reading goes on. */
export interface StoredHeld extends HeldCommand {
  readonly place: number;
}

/** Errors: `SB_NATS_UNAVAILABLE` and `SB_STORAGE_FULL`, both retryable. */
export interface QuarantineStore {
  list(partition: number): Promise<readonly QuarantinedActor[]>;
  /** Replaces what is known of the actor. */
  enter(actor: QuarantinedActor): Promise<void>;
  /** A command with this position is kept once. Called in the order of positions. */
  hold(address: ActorAddress, held: HeldCommand): Promise<void>;
  /** In order, behind the place `after` (0: from the first), at most `limit`. */
  readHeld(address: ActorAddress, after: number, limit: number): Promise<readonly StoredHeld[]>;
  /** Forgets the actor and everything held for it. */
  leave(address: ActorAddress): Promise<void>;
}
