/** The two custom actions a durable machine may use: a command to another actor, and the start of one. */
import type { ActorAddress } from '../contract/address.ts';
import type { CommandBody } from '../contract/command.ts';

export interface SendCommandParameters {
  readonly to: ActorAddress;
  readonly command: CommandBody;
}

export const sendCommandAction = 'sendCommand';

/** Implementation to name in `setup({ actions: { sendCommand } })`; the runtime reads its parameters. */
export function sendCommand(_arguments: unknown, _parameters: SendCommandParameters): void {
  // Nothing: the runtime turns the action into an outbox entry of the commit.
}

/** Starts an actor that is nobody's child: it goes on when the one that started it has ended. */
export interface StartActorParameters {
  readonly actor: ActorAddress;
  /** JSON; stored as it is. */
  readonly input: unknown;
}

export const startActorAction = 'startActor';

/**
 * Implementation to name in `setup({ actions: { startActor } })`. An actor that exists ignores the start. Its end is told
 * to nobody; for that it has to be a child.
 */
export function startActor(_arguments: unknown, _parameters: StartActorParameters): void {
  // Nothing: see sendCommand.
}
