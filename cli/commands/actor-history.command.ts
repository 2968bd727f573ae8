/** `signalbox actor history`: what an actor did, commit by commit; with `--causes`, what led to one of them and what it led to. */
import { formatAddress, parseAddress, type ActorAddress } from '../../runtime/contract/address.ts';
import { SignalboxError } from '../../runtime/contract/errors.ts';
import type { StoredEvent } from '../../runtime/contract/event.ts';
import { withClient, type Client } from '../client/open-client.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { describeCause } from '../inspect/cause.ts';
import {
  factsOfCommit,
  findCommit,
  findCommitBy,
  groupByCommit,
  keyOf,
  walkBack,
  walkOn,
  type Ancestry,
  type CommitFacts,
} from '../inspect/cause-chain.ts';
import { refuseUnknown } from '../inspect/inspect-actor.ts';
import { formatTable } from '../output.ts';
import { parseLimit } from './actor.command.ts';

const pageSize = 1_000;
/** Events looked through for what a commit led to; a run has a few hundred. */
const maxLookedAt = 50_000;
/** The events of a commit may be stored a little before those of the commit that led to it. */
const headStart = 1_000;

export interface HistoryOptions {
  readonly limit: string;
  /** `true` when no commit is named: the last one. */
  readonly causes?: string | true;
}

export async function actorHistory(
  context: CommandContext,
  name: string,
  options: HistoryOptions,
): Promise<ExitCode> {
  const address = parseAddress(name);
  const limit = parseLimit(options.limit);
  const { causes } = options;
  return withClient(context.settings, context.log, (client) =>
    causes === undefined
      ? tellHistory(context, client, address, limit)
      : tellCauses(context, client, address, causes),
  );
}

async function tellHistory(
  { output }: CommandContext,
  client: Client,
  address: ActorAddress,
  limit: number,
): Promise<ExitCode> {
  const all = [...(await readCommits(client, address)).values()];
  if (all.length === 0) throw refuseUnknown(address);
  const commits = all.slice(-limit);
  output.result({ actor: formatAddress(address), commits, earlier: all.length - commits.length }, [
    ...(commits.length < all.length
      ? [`${all.length - commits.length} earlier ones; --limit ${all.length} shows them.`]
      : []),
    ...formatTable([
      ['commit', 'at', 'told', 'state after it', 'because of'],
      ...commits.map(({ n, at, events, state, causes }) => [
        String(n),
        at.slice(0, 23).replace('T', ' '),
        describeEvents(events),
        state,
        causes.map((id) => describeCause(id, address)).join('; '),
      ]),
    ]),
  ]);
  return exitCodes.success;
}

function describeEvents(events: readonly string[]): string {
  return events.length === 0 ? '(nothing)' : events.join(', ');
}

/** By key, oldest first: what events tell, and the last few that STATE holds, which may have told nothing. */
async function readCommits(
  { history, storage }: Client,
  address: ActorAddress,
): Promise<ReadonlyMap<string, CommitFacts>> {
  const events: StoredEvent[] = [];
  for (let after = 0; ;) {
    const page = await history.listEvents({ after, limit: pageSize, actor: address });
    events.push(...page);
    const last = page.at(-1);
    if (page.length < pageSize || last === undefined) break;
    after = last.seq;
  }
  const commits = new Map(groupByCommit(events));
  for (const stored of (await storage.inspector.readCommits(address)).toReversed()) {
    if (stored.status === 'unreadable') continue;
    const facts = factsOfCommit(address, stored.commit);
    commits.set(keyOf(address, facts.n), facts);
  }
  return new Map([...commits].toSorted(([, left], [, right]) => left.n - right.n));
}

async function tellCauses(
  { output }: CommandContext,
  client: Client,
  address: ActorAddress,
  named: string | true,
): Promise<ExitCode> {
  const known = new Map<string, Promise<ReadonlyMap<string, CommitFacts>>>();
  const commitsOf = (actor: ActorAddress): Promise<ReadonlyMap<string, CommitFacts>> => {
    const key = formatAddress(actor);
    const reading = known.get(key) ?? readCommits(client, actor);
    known.set(key, reading);
    return reading;
  };
  const start = chooseCommit(address, await commitsOf(address), named);
  const ancestry = await walkBack(start, async (actor, n) => {
    const commits = await commitsOf(actor);
    const found = findCommit(commits.values(), n);
    const [first] = commits.values();
    if (found !== undefined || first === undefined) return found;
    const parent = await findParent(client, actor);
    return parent && findCommitBy((await commitsOf(parent)).values(), first.at);
  });
  const { looked, complete } = await lookAfter(client, start);
  const ledTo = walkOn(start, looked);
  output.result(
    { commit: start, causedBy: ancestry.commits, ...ancestry, ledTo, complete },
    describeChain(start, ancestry, ledTo, complete),
  );
  return exitCodes.success;
}

async function findParent(
  { storage }: Client,
  actor: ActorAddress,
): Promise<ActorAddress | undefined> {
  const [last] = await storage.inspector.readCommits(actor);
  return last?.status === 'stored' ? last.commit.parent?.address : undefined;
}

/** `12`, `12:0`, or the whole id of an event, `session.x:12:0`. */
function chooseCommit(
  address: ActorAddress,
  commits: ReadonlyMap<string, CommitFacts>,
  named: string | true,
): CommitFacts {
  const last = [...commits.values()].at(-1);
  if (last === undefined) throw refuseUnknown(address);
  if (named === true) return last;
  const prefix = `${address.kind}.${address.id}:`;
  const place = named.startsWith(prefix) ? named.slice(prefix.length) : named;
  const n = /^(\d+)(?::\d+)?$/u.exec(place)?.[1];
  if (n === undefined) {
    throw new SignalboxError('SB_INPUT_INVALID', `"${named}" names no commit`, {
      next: 'Give its number (12) or the id of one of its events (session.x:12:0).',
    });
  }
  const found = commits.get(keyOf(address, Number(n)));
  if (found !== undefined) return found;
  throw new SignalboxError(
    'SB_NOT_FOUND',
    `commit ${n} of ${formatAddress(address)} has told nothing and is no longer kept, or never was`,
    { next: `\`signalbox actor history ${formatAddress(address)}\` shows the ones there are.` },
  );
}

/** Commits that were made since, of all actors. */
async function lookAfter(
  { history }: Client,
  start: CommitFacts,
): Promise<{ readonly looked: ReadonlyMap<string, CommitFacts>; readonly complete: boolean }> {
  const { actor, n } = start;
  const own = await history.listEvents({ after: 0, limit: pageSize, actor });
  const first = own.find((event) => event.n >= n)?.seq ?? 0;
  const events: StoredEvent[] = [];
  let after = Math.max(0, first - headStart);
  for (;;) {
    const page = await history.listEvents({ after, limit: pageSize });
    events.push(...page);
    const last = page.at(-1);
    if (page.length < pageSize || last === undefined)
      return { looked: groupByCommit(events), complete: true };
    if (events.length >= maxLookedAt) return { looked: groupByCommit(events), complete: false };
    after = last.seq;
  }
}

function describeLost({ actor, n, before }: Ancestry['lost'][number]): string {
  const lost = `Commit ${n} of ${formatAddress(actor)} told nothing and is no longer kept:`;
  if (before === null) return `${lost} what led to it is not known.`;
  const isParent = before.actor.kind !== actor.kind || before.actor.id !== actor.id;
  const place = isParent ? `commit ${before.n} of its parent` : `commit ${before.n}`;
  return `${lost} the walk goes on with ${place}, the last known before it.`;
}

function describeChain(
  start: CommitFacts,
  { commits, origins, lost }: Ancestry,
  ledTo: readonly CommitFacts[],
  complete: boolean,
): readonly string[] {
  const row = (mark: string, { actor, n, at, events, causes }: CommitFacts): string[] => [
    mark,
    at.slice(11, 23),
    formatAddress(actor),
    String(n),
    describeEvents(events),
    causes.map((id) => describeCause(id, actor)).join('; '),
  ];
  return [
    ...origins.map((id) => `Began with the outside command ${id}.`),
    ...lost.map(describeLost),
    '',
    ...formatTable([
      [' ', 'at', 'actor', 'commit', 'told', 'because of'],
      ...commits.map((commit) => row(' ', commit)),
      row('>', start),
      ...ledTo.map((commit) => row(' ', commit)),
    ]),
    ...(ledTo.length === 0 ? ['It led to nothing that was told.'] : []),
    ...(complete
      ? []
      : [`Only the ${maxLookedAt} events after it were looked through for what it led to.`]),
  ];
}
