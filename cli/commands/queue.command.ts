/** `signalbox queue list|release`: who works, who waits in which place and for how long; and giving back a slot for who cannot. */
import { randomUUID } from 'node:crypto';
import { parseAddress, formatAddress } from '../../runtime/contract/address.ts';
import { SignalboxError } from '../../runtime/contract/errors.ts';
import type { StoredEvent } from '../../runtime/contract/event.ts';
import { toJson } from '../../runtime/core/draft.ts';
import { lineSchema, workQueueAddress, type Line } from '../../runtime/mod.ts';
import { withClient, type Client } from '../client/open-client.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { viewQueue, type QueueView } from '../inspect/queue-view.ts';
import { formatDuration } from '../inspect/value-text.ts';
import { formatTable } from '../output.ts';
import { workQueueId } from '../system/actors.ts';

const queue = workQueueAddress(workQueueId);
/** Positions in EVENTS that count as lately. */
const recentPositions = 20_000;
const eventsPerPage = 1_000;

export async function showQueue(context: CommandContext): Promise<ExitCode> {
  return withClient(context.settings, context.log, async (client) => {
    const view = viewQueue(await readLine(client), await listRecentEvents(client));
    context.output.result(toJson(view), describeQueue(view));
    return exitCodes.success;
  });
}

export async function releaseSlot(context: CommandContext, name: string): Promise<ExitCode> {
  const holder = parseAddress(name);
  return withClient(context.settings, context.log, async (client) => {
    const line = await readLine(client);
    const text = formatAddress(holder);
    if (![...line.working, ...line.waiting].some((each) => formatAddress(each.holder) === text)) {
      throw new SignalboxError('SB_NOT_FOUND', `${text} neither holds a slot nor waits for one`, {
        next: '`signalbox queue list` shows who does.',
      });
    }
    const command = { type: 'releaseSlot', holder };
    await client.storage.commands.deliver(queue, command, randomUUID());
    context.output.result({ holder: text }, [`${text} gives its slot back.`]);
    return exitCodes.success;
  });
}

async function readLine({ storage }: Client): Promise<Line> {
  const [last] = await storage.inspector.readCommits(queue);
  if (last?.status !== 'stored') {
    throw new SignalboxError('SB_NOT_FOUND', 'there is no work queue yet', {
      next: 'The system makes it when it starts; look at `signalbox actor show work-queue/default`.',
    });
  }
  return lineSchema.parse(last.commit.snapshot.context);
}

async function listRecentEvents({ history }: Client): Promise<readonly StoredEvent[]> {
  const events: StoredEvent[] = [];
  let after = Math.max(0, (await history.throughSeq()) - recentPositions);
  for (;;) {
    const page = await history.listEvents({ actor: queue, after, limit: eventsPerPage });
    events.push(...page);
    const last = page.at(-1);
    if (last === undefined || page.length < eventsPerPage) return events;
    after = last.seq;
  }
}

function describeQueue({ limits, working, waiting }: QueueView): readonly string[] {
  return [
    `${working.length} of ${limits.total} slots in use, ${waiting.length} waiting`,
    ...formatTable([
      ...working.map(({ holder, priority, key }) => ['works', holder, priority, key, '']),
      ...waiting.map(({ position, holder, priority, key, expectedWaitMs }) => [
        String(position),
        holder,
        priority,
        key,
        expectedWaitMs === null ? 'wait unknown' : `about ${formatDuration(expectedWaitMs)}`,
      ]),
    ]),
  ];
}
