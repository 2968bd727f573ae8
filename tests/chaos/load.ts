/** What is asked of the system while things go wrong: commands to ledgers and accounts, new tickers and jobs, all the time. */
import { setMaxListeners } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import type { CommandSender } from '../../runtime/core/ports.ts';
import type { Book, Lane } from './book.ts';
import type { TickerInput } from './ticker.machine.ts';

const ledgerCount = 8;
const pairCount = 3;
const betweenCommandsMs = 60;
const betweenStartsMs = 400;
/** Timers that run in memory, and timers that only the server keeps. */
const tickerInputs: readonly TickerInput[] = [
  { delayMs: 500, rounds: 6 },
  { delayMs: 2_500, rounds: 3 },
];

export interface Load {
  /** Sends nothing new; resolves when everything is acknowledged or given up. */
  stop(): Promise<void>;
}

/** `senders` have connections of their own. Resolves when the lasting actors are started. */
export async function startLoad(senders: readonly CommandSender[], book: Book): Promise<Load> {
  const stopping = new AbortController();
  const { signal } = stopping;
  // Every lane waits with it.
  setMaxListeners(0, signal);
  const [first] = senders;
  if (first === undefined) throw new Error('nobody sends');
  await startLasting(first, book);
  const tasks = senders.flatMap((commands, index) => [
    ...openLanes(book, `sender-${index + 1}`, index).map((lane) =>
      runLane(commands, book, lane, signal),
    ),
    startOthers(commands, book, index, signal),
  ]);
  const finished = Promise.all(tasks);
  return {
    stop: async () => {
      stopping.abort();
      await finished;
    },
  };
}

const namesOf = (prefix: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);

async function startLasting(commands: CommandSender, book: Book): Promise<void> {
  const start = async (kind: string, id: string, input: Parameters<CommandSender['start']>[1]) => {
    const entry = book.openStart({ kind, id });
    entry.acknowledged = await book.untilAcknowledged(() =>
      commands.start(entry.address, input, `start-${id}`),
    );
  };
  for (const id of namesOf('l', ledgerCount)) await start('ledger', id, null);
  for (const id of namesOf('p', pairCount)) {
    await start('account', `${id}-a`, { partner: `${id}-b` });
    await start('account', `${id}-b`, { partner: `${id}-a` });
  }
}

/** Every sender writes to every ledger; each account has one who pays with it. */
function openLanes(book: Book, sender: string, index: number): readonly Lane[] {
  const ledgers = namesOf('l', ledgerCount).map((id) =>
    book.openLane({ to: { kind: 'ledger', id }, command: 'enter', sender }),
  );
  if (index > 1) return ledgers;
  const side = index === 0 ? 'a' : 'b';
  const accounts = namesOf('p', pairCount).map((id) =>
    book.openLane({ to: { kind: 'account', id: `${id}-${side}` }, command: 'pay', sender }),
  );
  return [...ledgers, ...accounts];
}

async function runLane(
  commands: CommandSender,
  book: Book,
  lane: Lane,
  signal: AbortSignal,
): Promise<void> {
  const { to, command, sender } = lane;
  while (!signal.aborted) {
    lane.sent += 1;
    const number = lane.sent;
    const body = { type: command, sender, number };
    const known = await book.untilAcknowledged(() =>
      commands.deliver(to, body, `${sender}-${number}`),
    );
    if (!known) return;
    lane.acknowledged = number;
    await wait(betweenCommandsMs, signal);
  }
}

async function startOthers(
  commands: CommandSender,
  book: Book,
  index: number,
  signal: AbortSignal,
): Promise<void> {
  for (let round = 1; !signal.aborted; round += 1) {
    const id = `s${index + 1}-${round}`;
    const job = book.openStart({ kind: 'job', id });
    job.acknowledged = await book.untilAcknowledged(() =>
      commands.start(job.address, null, `start-${id}`),
    );
    const input = tickerInputs[round % tickerInputs.length];
    if (input !== undefined) await startTicker(commands, book, id, input);
    await wait(betweenStartsMs, signal);
  }
}

async function startTicker(
  commands: CommandSender,
  book: Book,
  id: string,
  input: TickerInput,
): Promise<void> {
  const ticker = book.openStart({ kind: 'ticker', id });
  ticker.acknowledged = await book.untilAcknowledged(() =>
    commands.start(ticker.address, { ...input }, `start-${id}`),
  );
  await book.untilAcknowledged(() =>
    commands.deliver(ticker.address, { type: 'snooze' }, `snooze-${id}`),
  );
}

async function wait(delayMs: number, signal: AbortSignal): Promise<void> {
  await setTimeout(delayMs, undefined, { signal }).catch(() => undefined);
}
