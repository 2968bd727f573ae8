/** Sends commands from outside of any actor: the gateway, the CLI, tests. Answered after the acknowledgement. */
import type { ActorAddress } from '../contract/address.ts';
import type { CommandEnvelope } from '../contract/command.ts';
import { SignalboxError } from '../contract/errors.ts';
import { inboxSubject, type SubjectSpace } from '../contract/subjects.ts';
import type { OperatorCommands, Receipt } from '../core/ports.ts';
import type { Clock } from '../core/storage.ts';
import type { Publisher } from './publisher.ts';

export function createCommandSender(
  publisher: Publisher,
  space: SubjectSpace,
  clock: Clock,
): OperatorCommands {
  const send = async (to: ActorAddress, command: CommandEnvelope): Promise<Receipt> => {
    const outcome = await publisher.publish({
      subject: inboxSubject(space, to),
      data: JSON.stringify(command),
      messageId: `${space.namespace}:command:${to.kind}.${to.id}:${command.id}`,
    });
    if (outcome.status === 'wrongSequence') {
      throw new SignalboxError('SB_PROTOCOL', 'an inbox refused a command because of its sequence');
    }
    return { commandId: command.id, seq: outcome.seq, duplicate: outcome.duplicate };
  };
  const now = (): string => new Date(clock.nowMs()).toISOString();
  return {
    start: (to, input, commandId, options = {}) =>
      send(to, { v: 1, purpose: 'start', id: commandId, at: now(), input, ...options }),
    deliver: (to, body, commandId) =>
      send(to, { v: 1, purpose: 'deliver', id: commandId, at: now(), body }),
    release: (to, commandId) => send(to, { v: 1, purpose: 'release', id: commandId, at: now() }),
  };
}
