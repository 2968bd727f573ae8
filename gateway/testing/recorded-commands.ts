/** A `CommandSender` that keeps what it is sent, and whose acknowledgement a test can hold back or refuse. */
import type { ActorAddress } from '../../runtime/contract/address.ts';
import type { CommandBody } from '../../runtime/contract/command.ts';
import type { CommandSender, Receipt } from '../../runtime/core/ports.ts';

interface RecordedCommand {
  readonly address: ActorAddress;
  readonly body: CommandBody;
  readonly commandId: string;
}

export interface RecordedCommands extends CommandSender {
  /** Every command stored, once each, in order. */
  readonly stored: readonly RecordedCommand[];
  /** Sends asked for, acknowledged or not. */
  readonly attempts: () => number;
  /** Holds every acknowledgement until the returned function is called. */
  hold(): () => void;
  /** Refuses every send with this error, until called with undefined. */
  failWith(error: Error | undefined): void;
}

export function createRecordedCommands(): RecordedCommands {
  const stored: RecordedCommand[] = [];
  let attempts = 0;
  let failure: Error | undefined;
  let held: Promise<void> = Promise.resolve();

  async function send(command: RecordedCommand): Promise<Receipt> {
    attempts += 1;
    if (failure !== undefined) throw failure;
    await held;
    const earlier = stored.findIndex(({ commandId }) => commandId === command.commandId);
    if (earlier === -1) stored.push(command);
    const seq = earlier === -1 ? stored.length : earlier + 1;
    return { commandId: command.commandId, seq, duplicate: earlier !== -1 };
  }

  return {
    stored,
    attempts: () => attempts,
    start: (address, input, commandId) =>
      send({ address, body: { type: 'start', input }, commandId }),
    deliver: (address, body, commandId) => send({ address, body, commandId }),
    hold() {
      let release = () => {};
      held = new Promise((resolve) => {
        release = resolve;
      });
      return () => release();
    },
    failWith(error) {
      failure = error;
    },
  };
}
