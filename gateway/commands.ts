/**
 * What a console asks for, turned into commands. The subscription that brings the requests and carries
 * the replies is wired by `cli`. A reply says `accepted` only after JetStream's acknowledgement.
 */
import { SignalboxError, assertNever } from '../runtime/contract/errors.ts';
import {
  gatewayCommandSchema,
  type GatewayCommand,
  type GatewayReply,
} from '../runtime/contract/live.ts';
import type { CommandSender, Receipt } from '../runtime/core/ports.ts';

/** `raw` is the parsed JSON of the request. Rejects only on a defect: every expected failure is a refusal. */
export async function handleGatewayCommand(
  raw: unknown,
  commands: CommandSender,
): Promise<GatewayReply> {
  const parsed = gatewayCommandSchema.safeParse(raw);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = issue?.path.join('.') ?? '';
    const detail = `${place === '' ? 'the command' : place}: ${issue?.message ?? 'not valid'}`;
    return {
      status: 'refused',
      reason: `The command does not have the documented shape (${detail})`,
    };
  }
  try {
    const receipt = await send(parsed.data, commands);
    return { status: 'accepted', commandId: receipt.commandId };
  } catch (error) {
    if (!(error instanceof SignalboxError)) throw error;
    const next = error.next === undefined ? '' : ` ${error.next}`;
    return { status: 'refused', reason: `${error.message}.${next}` };
  }
}

function send(command: GatewayCommand, commands: CommandSender): Promise<Receipt> {
  const session = { kind: 'session', id: command.session };
  switch (command.type) {
    case 'steerSession':
      return commands.deliver(
        session,
        { type: 'steer', text: command.text, from: 'console' },
        command.commandId,
      );
    case 'killSession':
      return commands.deliver(
        session,
        { type: 'kill', reason: 'killed from the console' },
        command.commandId,
      );
    default:
      return assertNever(command);
  }
}
