/** `signalbox deadletter …`: commands that were given up; looked at, sent again, dropped. */
import { parseAddress, type ActorAddress } from '../../runtime/contract/address.ts';
import {
  deadLetterReasons,
  describeCommand,
  type DeadLetter,
  type FiledLetter,
} from '../../runtime/contract/dead-letter.ts';
import { SignalboxError, assertNever } from '../../runtime/contract/errors.ts';
import { withClient, type Client } from '../client/open-client.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { firstLineOf, formatTable } from '../output.ts';

const listLimit = 200;

export async function listDeadLetters(
  context: CommandContext,
  options: { readonly kind?: string },
): Promise<ExitCode> {
  return withClient(context.settings, context.log, async ({ storage }) => {
    const { letters, total } = await storage.deadLetters.list({ ...options, limit: listLimit });
    const rows = letters.map(({ letter, replays }) => [
      letter.id,
      letter.at.slice(0, 19),
      describeCommand(letter),
      letter.reason,
      replays.length === 0 ? '' : `replayed ${replays.length}x`,
      firstLineOf(letter.error.message),
    ]);
    const more =
      total > letters.length ? [`${total - letters.length} older ones are not shown.`] : [];
    context.output.result(
      { letters, total },
      letters.length === 0
        ? ['No dead letters.']
        : [...formatTable([['letter', 'at', 'command', 'reason', '', 'error'], ...rows]), ...more],
    );
    return exitCodes.success;
  });
}

export async function showDeadLetter(context: CommandContext, id: string): Promise<ExitCode> {
  return withClient(context.settings, context.log, async ({ storage }) => {
    const filed = await storage.deadLetters.get(id);
    context.output.result(filed, describeLetter(filed));
    return exitCodes.success;
  });
}

function describeLetter({ letter, replays }: FiledLetter): readonly string[] {
  const { actor, scene, error, command, text, attempts } = letter;
  return [
    `letter   ${letter.id}`,
    `actor    ${actor.kind}/${actor.id}`,
    `at       ${letter.at}`,
    `reason   ${deadLetterReasons[letter.reason]}${attempts > 1 ? `, ${attempts} times` : ''}`,
    `error    ${error.code === undefined ? '' : `${error.code}: `}${error.message}`,
    ...error.stack.map((line) => `         ${line}`),
    ...(scene === undefined
      ? []
      : [
          `state    ${JSON.stringify(scene.value)} (${scene.status}), version ${scene.version}, commit ${scene.n}`,
        ]),
    ...replays.map(({ commandId, at }) => `replayed ${at} as ${commandId}`),
    ...(command === undefined
      ? [`command  not kept whole: ${text ?? ''}`]
      : ['command', JSON.stringify(command, null, 2)]),
  ];
}

export async function replayDeadLetter(context: CommandContext, id: string): Promise<ExitCode> {
  return withClient(context.settings, context.log, async ({ storage }) => {
    const { letter, replays } = await storage.deadLetters.get(id);
    // Two people who replay at once send one command: its id says which replay of which letter it is.
    const commandId = `replay-${replays.length + 1}-of-${id}`;
    await sendAgain(storage, letter, commandId);
    await storage.deadLetters.noteReplay(id, commandId, new Date().toISOString());
    const address = `${letter.actor.kind}/${letter.actor.id}`;
    context.output.result({ letter: id, actor: address, commandId }, [
      `Sent to ${address} again, as ${commandId}. The letter stays until it is dropped.`,
    ]);
    return exitCodes.success;
  });
}

async function sendAgain(
  { commands }: Client['storage'],
  letter: DeadLetter,
  commandId: string,
): Promise<void> {
  const { command } = letter;
  if (command === undefined) throw refuse(letter, 'its command was not kept whole');
  const address = readAddress(letter);
  switch (command.purpose) {
    case 'deliver':
      await commands.deliver(address, command.body, commandId);
      return;
    case 'start':
      if (command.parent !== undefined)
        throw refuse(letter, 'its parent has been told that the child failed, and has gone on');
      await commands.start(address, command.input, commandId);
      return;
    case 'effectEnded':
    case 'effectStalled':
    case 'childEnded':
    case 'timerFired':
      throw refuse(letter, `the actor waits for it no longer (${command.purpose})`);
    case 'stop':
    case 'release':
      throw refuse(letter, `it was for the moment in which it was sent (${command.purpose})`);
    default:
      assertNever(command);
  }
}

function readAddress({ actor }: DeadLetter): ActorAddress {
  return parseAddress(`${actor.kind}/${actor.id}`);
}

function refuse({ id }: DeadLetter, reason: string): SignalboxError {
  return new SignalboxError('SB_COMMAND_REFUSED', `${id} cannot be sent again: ${reason}`, {
    next: `Look at it with \`signalbox deadletter show ${id}\`, and send the actor what it needs now.`,
  });
}

export async function dropDeadLetter(context: CommandContext, id: string): Promise<ExitCode> {
  return withClient(context.settings, context.log, async ({ storage }) => {
    const dropped = await storage.deadLetters.drop(id, new Date().toISOString());
    context.output.result({ dropped }, ['Dropped:', ...describeLetter(dropped)]);
    return exitCodes.success;
  });
}
