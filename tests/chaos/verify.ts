/** What must hold when it is quiet again. Pure; `loss` may still be late, what was done twice stays so. */
import { z } from 'zod';
import { formatAddress } from '../../runtime/contract/address.ts';
import { openingBalance } from './account.machine.ts';
import type { Evidence } from './evidence.ts';
import { emptyTally, tallyThrough, type Tally } from './tally.ts';

export interface Violation {
  readonly what: 'lost' | 'twice' | 'wrong';
  readonly where: string;
  /** How many commands, events or executions. */
  readonly count: number;
  readonly text: string;
}

const tallySchema = z.object({ last: z.number(), count: z.number(), checksum: z.number() });
const ledgerSchema = z.object({ senders: z.record(z.string(), tallySchema) });
const accountSchema = z.object({
  partner: z.string(),
  balance: z.number(),
  paid: tallySchema,
  received: tallySchema,
});
const tickerSchema = z.object({ rounds: z.number(), ticks: z.number() });
const jobSchema = z.object({
  note: z.string(),
  charge: z.string(),
  stamped: z.string(),
  errand: z.string(),
});

export function verify(evidence: Evidence): readonly Violation[] {
  return [
    ...verifyStarts(evidence),
    ...verifyLanes(evidence),
    ...verifyAccounts(evidence),
    ...verifyEnds(evidence),
    ...verifyEvents(evidence),
    ...verifyExecutions(evidence),
    ...evidence.oddities.map((text) => wrong('the system', text)),
  ];
}

const lost = (where: string, text: string, count = 1): Violation => ({
  what: 'lost',
  where,
  count,
  text,
});
const twice = (where: string, text: string, count = 1): Violation => ({
  what: 'twice',
  where,
  count,
  text,
});
const wrong = (where: string, text: string): Violation => ({
  what: 'wrong',
  where,
  count: 1,
  text,
});

function verifyStarts({ starts, states }: Evidence): readonly Violation[] {
  return starts
    .filter(({ acknowledged, address }) => acknowledged && !states.has(formatAddress(address)))
    .map(({ address }) => lost(formatAddress(address), 'its start was acknowledged'));
}

/** Between what was acknowledged and what was sent, in order, each once. */
function verifyTally(
  where: string,
  tally: Tally,
  acknowledged: number,
  sent: number,
): readonly Violation[] {
  const { count } = tally;
  if (count < acknowledged) {
    return [lost(where, `${acknowledged} acknowledged, ${count} applied`, acknowledged - count)];
  }
  if (count > sent) return [twice(where, `${sent} sent, ${count} applied`, count - sent)];
  const { last, checksum } = tallyThrough(count);
  if (last === tally.last && checksum === tally.checksum) return [];
  return [wrong(where, `${count} applied, the last ${tally.last}: not each once and in order`)];
}

function verifyLanes({ lanes, states }: Evidence): readonly Violation[] {
  return lanes.flatMap(({ to, command, sender, acknowledged, sent }) => {
    const address = formatAddress(to);
    const state = states.get(address);
    if (state === undefined) return [lost(address, 'it is not there', acknowledged)];
    const tally =
      command === 'enter'
        ? ledgerSchema.parse(state.context).senders[sender]
        : accountSchema.parse(state.context).paid;
    return verifyTally(
      `${address}, commands of ${sender}`,
      tally ?? emptyTally,
      acknowledged,
      sent,
    );
  });
}

/** What one half has paid the other has received; nothing has come from anywhere else. */
function verifyAccounts({ states }: Evidence): readonly Violation[] {
  const accounts = [...states].filter(([address]) => address.startsWith('account/'));
  return accounts.flatMap(([address, state]) => {
    const { partner, balance, paid } = accountSchema.parse(state.context);
    const other = states.get(`account/${partner}`);
    if (other === undefined) return [];
    const { balance: otherBalance, received } = accountSchema.parse(other.context);
    const found = verifyTally(`account/${partner}, credits`, received, paid.count, paid.count);
    const sum = balance + otherBalance;
    if (found.length > 0 || sum === 2 * openingBalance) return found;
    return [wrong(address, `it and ${partner} have ${sum} together, not ${2 * openingBalance}`)];
  });
}

/** Tickers and jobs come to their end: no timer, effect or child is lost. */
function verifyEnds({ states }: Evidence): readonly Violation[] {
  return [...states].flatMap(([address, { status, context }]) => {
    if (address.startsWith('ticker/')) {
      const { ticks, rounds } = tickerSchema.parse(context);
      if (ticks > rounds) return [twice(address, `${ticks} ticks in ${rounds} rounds`)];
      return status === 'done' ? [] : [lost(address, `timer after tick ${ticks} of ${rounds}`)];
    }
    if (address.startsWith('job/') || address.startsWith('errand/')) {
      return status === 'done' ? [] : [lost(address, `${status}: ${JSON.stringify(context)}`)];
    }
    return [];
  });
}

/** Every commit of these actors tells something: so EVENTS has each of them exactly once, and their chain has no gap. */
function verifyEvents({ states, told }: Evidence): readonly Violation[] {
  const found = [...states].flatMap(([address, { n }]) => {
    const counts = told.get(address) ?? new Map<number, number>();
    const commits = Array.from({ length: n }, (_, index) => index + 1);
    const missing = commits.filter((commit) => !counts.has(commit));
    const repeated = [...counts].filter(([, count]) => count > 1).map(([commit]) => commit);
    const beyond = [...counts.keys()].filter((commit) => commit > n);
    return [
      ...(missing.length === 0
        ? []
        : [lost(address, `events of commits ${listSome(missing)} of ${n}`, missing.length)]),
      ...(repeated.length === 0
        ? []
        : [twice(address, `events of commits ${listSome(repeated)}`, repeated.length)]),
      ...(beyond.length === 0
        ? []
        : [wrong(address, `events of commits ${listSome(beyond)}, but the last is ${n}`)]),
    ];
  });
  const strangers = [...told.keys()].filter((address) => !states.has(address));
  return [...found, ...strangers.map((address) => wrong(address, 'it has events and no state'))];
}

const askSources = new Set(['note', 'charge']);

function verifyExecutions({ states, executions }: Evidence): readonly Violation[] {
  const counts = new Map<string, number>();
  for (const { actor, source } of executions) {
    const key = `${actor} ${source}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const countOf = (actor: string, source: string): number => counts.get(`${actor} ${source}`) ?? 0;
  const repeated = [...counts].flatMap(([key, count]) => {
    const [actor = '', source = ''] = key.split(' ');
    if (!askSources.has(source) || count < 2) return [];
    return [twice(actor, `effect "${source}" was executed ${count} times`, count - 1)];
  });
  const missing = [...states].flatMap(([address, { context, status }]) => {
    if (!address.startsWith('job/') || status !== 'done') return [];
    const { note, charge } = jobSchema.parse(context);
    const claimed = [
      ...(note === 'done' ? ['note'] : []),
      ...(charge === 'done' ? ['charge'] : []),
      'stamp',
    ];
    return claimed
      .filter((source) => countOf(address, source) === 0)
      .map((source) => lost(address, `effect "${source}" ended well without an execution`));
  });
  return [...repeated, ...missing];
}

function listSome(numbers: readonly number[]): string {
  const shown = numbers.slice(0, 5).join(', ');
  return numbers.length > 5 ? `${shown} and ${numbers.length - 5} more` : shown;
}

/** How many `ask` effects ended with the answer that nobody knows whether they ran. */
export function countInterrupted({ states }: Evidence): number {
  return [...states]
    .filter(([address]) => address.startsWith('job/'))
    .map(([, { context }]) => jobSchema.parse(context))
    .flatMap(({ note, charge }) => [note, charge])
    .filter((outcome) => outcome === 'interrupted').length;
}
