/** `signalbox actor release`: lets an actor that stands still try again, with everything that has come for it. */
import { randomUUID } from 'node:crypto';
import { formatAddress, parseAddress } from '../../runtime/contract/address.ts';
import { SignalboxError } from '../../runtime/contract/errors.ts';
import { findQuarantined } from '../../runtime/nats/quarantine.ts';
import { awaitAnswer } from '../client/await-answer.ts';
import { withClient } from '../client/open-client.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { firstLineOf } from '../output.ts';

const answerTimeoutMs = 10_000;

export async function releaseActor(context: CommandContext, name: string): Promise<ExitCode> {
  const address = parseAddress(name);
  const actor = formatAddress(address);
  return withClient(context.settings, context.log, async ({ storage, record }) => {
    if ((await findQuarantined(storage.quarantine, record, address)) === undefined) {
      throw new SignalboxError('SB_NOT_FOUND', `${actor} is not quarantined`, {
        next: '`signalbox actor list --quarantined` shows those that are.',
      });
    }
    const commandId = randomUUID();
    const after = await storage.events.lastSeq();
    await storage.commands.release(address, commandId);
    const answer = await awaitAnswer(storage.events, after, commandId, answerTimeoutMs);
    if (answer?.type === 'actorQuarantined') {
      throw new SignalboxError(
        'SB_ACTOR_QUARANTINED',
        `${actor} stands still again: ${firstLineOf(answer.data['reason'])}`,
        {
          next: 'Start the system with code that can read it; docs/changing-machines.md says how.',
        },
      );
    }
    const released = answer !== undefined;
    context.output.result({ actor, commandId, released }, [
      released
        ? `${actor} is released; everything that had come for it is applied.`
        : `${actor}: the release is stored; what had come for it is still being applied.`,
    ]);
    return exitCodes.success;
  });
}
