/** `signalbox session …`: looking at sessions, following them, steering and killing them. */
import { randomUUID } from 'node:crypto';
import type { CommandBody } from '../../runtime/contract/command.ts';
import { assertNever, SignalboxError } from '../../runtime/contract/errors.ts';
import type { StoredEvent } from '../../runtime/contract/event.ts';
import { maxSteerLength } from '../../runtime/contract/live.ts';
import { eventsOf } from '../../runtime/core/event-source.ts';
import { awaitAnswer } from '../client/await-answer.ts';
import { findSession } from '../client/find-session.ts';
import { isInTree } from '../../runtime/contract/actor-tree.ts';
import { narrate } from '../client/narrate.ts';
import { withClient, type Client } from '../client/open-client.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { firstLineOf, formatTable } from '../output.ts';
import { untilSignal } from '../until-signal.ts';

const listLimit = 200;
const pageSize = 1_000;
const answerTimeoutMs = 10_000;

export async function listSessions(context: CommandContext): Promise<ExitCode> {
  return withClient(context.settings, context.log, async ({ history }) => {
    const sessions = await history.listActors({ kind: 'session', limit: listLimit });
    const rows = sessions.map(({ id, state, status, startedAt, facts }) => [
      id,
      status === 'active' ? state : `${state} (ended)`,
      startedAt.slice(0, 19),
      firstLineOf(facts['goal']),
    ]);
    context.output.result(
      { sessions },
      sessions.length === 0
        ? ['No sessions yet.']
        : formatTable([['session', 'state', 'started', 'goal'], ...rows]),
    );
    return exitCodes.success;
  });
}

export async function showSession(context: CommandContext, name: string): Promise<ExitCode> {
  return withClient(context.settings, context.log, async ({ history, storage }) => {
    const session = await findSession(history, name);
    const transcript = await storage.transcripts.read(session.id);
    const lines = [
      `session  ${session.id}`,
      `state    ${session.state} (${session.status})`,
      ...Object.entries(session.facts).map(
        ([key, value]) =>
          `${key.padEnd(8)} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
      ),
      '',
      ...transcript.flatMap(({ item }) => describeItem(item)),
    ];
    context.output.result({ session, transcript }, lines);
    return exitCodes.success;
  });
}

function describeItem(
  item: Awaited<ReturnType<Client['storage']['transcripts']['read']>>[number]['item'],
): string[] {
  switch (item.type) {
    case 'prompt':
      return [`> ${item.source}: ${item.text.split('\n').join('\n> ')}`, ''];
    case 'assistant':
      return item.blocks.flatMap((block) =>
        block.type === 'text'
          ? [block.text, '']
          : [`* ${block.name} ${JSON.stringify(block.input)}`],
      );
    case 'toolResult':
      return [
        `  ${item.tool}: ${item.outcome}${item.exitCode === undefined ? '' : `, exit code ${item.exitCode}`}`,
        '',
      ];
    default:
      return assertNever(item);
  }
}

/** `name` may be a run: then the events of all its actors are shown. */
export async function sessionEvents(
  context: CommandContext,
  name: string,
  options: { readonly follow?: boolean },
): Promise<ExitCode> {
  return withClient(context.settings, context.log, async (client) => {
    const tree = await findTree(client, name);
    const show = (event: StoredEvent): void => {
      context.output.result(event, [
        narrate(event) ?? `${event.at.slice(11, 19)}  ${event.kind} ${event.type}`,
      ]);
    };
    const throughSeq = await backfill(client, tree, show);
    if (options.follow === true) await tail(client, tree, throughSeq, show);
    return exitCodes.success;
  });
}

async function findTree({ history }: Client, name: string): Promise<string> {
  const members = await history.listTree(name);
  return members.length > 0 ? name : (await findSession(history, name)).id;
}

/** Position first, then the pages: the tail begins behind the position, so that nothing is missed. */
async function backfill(
  { history }: Client,
  tree: string,
  show: (event: StoredEvent) => void,
): Promise<number> {
  const throughSeq = await history.throughSeq();
  let after = 0;
  for (;;) {
    const page = await history.listEvents({ after, limit: pageSize, tree });
    for (const event of page) if (event.seq <= throughSeq) show(event);
    const last = page.at(-1);
    if (page.length < pageSize || last === undefined) return throughSeq;
    after = last.seq;
  }
}

async function tail(
  { storage }: Client,
  tree: string,
  after: number,
  show: (event: StoredEvent) => void,
): Promise<void> {
  const stopping = new AbortController();
  void untilSignal(() => process.exit(exitCodes.outcomeFailed)).then(() => {
    stopping.abort();
  });
  try {
    for await (const batch of storage.events.read(after, stopping.signal)) {
      for (const event of eventsOf(batch)) if (isInTree(tree, event.actor)) show(event);
    }
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
  }
}

export async function steerSession(
  context: CommandContext,
  name: string,
  text: string,
): Promise<ExitCode> {
  const steer = text.trim();
  if (steer === '' || steer.length > maxSteerLength) {
    throw new SignalboxError(
      'SB_INPUT_INVALID',
      `the text must have 1 to ${maxSteerLength} characters`,
    );
  }
  return command(
    context,
    name,
    { type: 'steer', text: steer, from: 'the command line' },
    'steered; it is read at the next turn boundary',
  );
}

export async function killSession(context: CommandContext, name: string): Promise<ExitCode> {
  return command(context, name, { type: 'kill', reason: 'killed from the command line' }, 'killed');
}

async function command(
  context: CommandContext,
  name: string,
  body: CommandBody,
  done: string,
): Promise<ExitCode> {
  return withClient(context.settings, context.log, async ({ history, storage }) => {
    const session = await findSession(history, name);
    if (session.status !== 'active') {
      throw new SignalboxError(
        'SB_COMMAND_REFUSED',
        `session ${session.id} has ended (${session.state})`,
        {
          next: 'Start another one with `signalbox dispatch`.',
        },
      );
    }
    const commandId = randomUUID();
    const after = await storage.events.lastSeq();
    await storage.commands.deliver({ kind: 'session', id: session.id }, body, commandId);
    const answer = await awaitAnswer(storage.events, after, commandId, answerTimeoutMs);
    if (answer?.type === 'commandRefused') {
      throw new SignalboxError(
        'SB_COMMAND_REFUSED',
        `session ${session.id}: ${firstLineOf(answer.data['reason'])}`,
      );
    }
    const said = answer === undefined ? 'stored; the session has not taken it yet' : done;
    context.output.result({ session: session.id, commandId, applied: answer !== undefined }, [
      `${session.id}: ${said}`,
    ]);
    return exitCodes.success;
  });
}
