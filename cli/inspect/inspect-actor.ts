/** Everything there is to know about one actor at this moment, read from the store: `signalbox actor show`. */
import { formatAddress, type ActorAddress } from '../../runtime/contract/address.ts';
import type { CommandEnvelope } from '../../runtime/contract/command.ts';
import { SignalboxError, assertNever } from '../../runtime/contract/errors.ts';
import type { Json } from '../../runtime/contract/json.ts';
import { partitionOf } from '../../runtime/contract/subjects.ts';
import type { WorkerReport } from '../../runtime/contract/worker-report.ts';
import type { Commit, OutboxEntry } from '../../runtime/core/commit.ts';
import type { QuarantineStore } from '../../runtime/core/quarantine.ts';
import { formatStateValue } from '../../runtime/core/restore.ts';
import {
  maxWaitingShown,
  type ActorInspector,
  type WaitingCommand,
} from '../../runtime/nats/actor-inspector.ts';

export interface TimerView {
  readonly id: string;
  readonly generation: number;
  readonly dueAt: string;
}

export interface EffectView {
  readonly name: string;
  readonly source: string;
  readonly effectId: string;
  /** `local`, or the name of its pool. */
  readonly runs: string;
  /** The commit that asked for it. */
  readonly askedBy: number;
  /** When that was; null when that commit is no longer kept. */
  readonly since: string | null;
  /** Steps it has noted as done; a local effect notes nothing. */
  readonly steps: readonly string[];
  /** The attempt under way, as its worker reports it; null while none is known to be. */
  readonly attempt: {
    readonly number: number;
    readonly since: string;
    readonly worker: string;
  } | null;
}

export interface CommitView {
  readonly n: number;
  readonly at: string;
  readonly state: string;
  readonly causes: readonly string[];
  /** What it sent, in words: `event runStarted`, `command steer to session/x`. */
  readonly outbox: readonly string[];
}

export interface WaitingView {
  readonly seq: number;
  readonly storedAt: string;
  readonly command: string;
  readonly id: string | null;
}

/** The actor as its last commit left it; undefined while it has none. */
export interface StandingView {
  readonly state: string;
  readonly value: Json;
  readonly status: Commit['snapshot']['status'];
  readonly context: Json;
  readonly machine: Commit['machine'];
  readonly n: number;
  readonly at: string;
  readonly epoch: number;
  readonly parent: string | null;
  readonly children: readonly { readonly name: string; readonly address: string }[];
  readonly timers: readonly TimerView[];
  readonly effects: readonly EffectView[];
}

export interface ActorView {
  readonly address: string;
  readonly standing: StandingView | null;
  /** Why the last commit cannot be read, if so. */
  readonly unreadable: string | null;
  /** Why and since when it stands still, if it does: the code that runs cannot take up its state. */
  readonly quarantine: { readonly reason: string; readonly since: string } | null;
  /** Newest first. */
  readonly commits: readonly CommitView[];
  readonly waiting: readonly WaitingView[];
  /** There are more commands in the inbox than are listed. */
  readonly moreWaiting: boolean;
}

interface InspectedStores {
  readonly inspector: ActorInspector;
  readonly quarantine: Pick<QuarantineStore, 'list'>;
}

/** Throws `SB_NOT_FOUND` for an actor with neither a commit nor a command that waits for it. */
export async function inspectActor(
  { inspector, quarantine }: InspectedStores,
  address: ActorAddress,
  partitionCount: number,
): Promise<ActorView> {
  const stored = await inspector.readCommits(address);
  const commits = stored.flatMap((item) => (item.status === 'stored' ? item.commit : []));
  const [last] = stored;
  const waiting = await inspector.readWaiting(
    address,
    last?.status === 'stored' ? last.commit.inSeq : 0,
  );
  if (last === undefined && waiting.length === 0) throw refuseUnknown(address);
  const standing = await quarantine.list(partitionOf(address, partitionCount));
  const still = standing.find(
    (actor) => actor.address.kind === address.kind && actor.address.id === address.id,
  );
  return {
    address: formatAddress(address),
    standing:
      last?.status === 'stored' ? await describeStanding(inspector, last.commit, commits) : null,
    unreadable: last?.status === 'unreadable' ? last.reason : null,
    quarantine: still === undefined ? null : { reason: still.reason, since: still.since },
    commits: commits.map(describeCommit),
    waiting: waiting.slice(0, maxWaitingShown).map(describeWaiting),
    moreWaiting: waiting.length > maxWaitingShown,
  };
}

/** With what workers report of its effects. They name those that take longest, so that not every one need be known. */
export function addAttempts(view: ActorView, reports: Iterable<WorkerReport>): ActorView {
  if (view.standing === null) return view;
  const attempts = new Map<string, EffectView['attempt']>();
  for (const { workerId: worker, slowest } of reports) {
    for (const { effectId, attempt, since } of slowest)
      attempts.set(effectId, { number: attempt, since, worker });
  }
  const effects = view.standing.effects.map((effect) => ({
    ...effect,
    attempt: attempts.get(effect.effectId) ?? null,
  }));
  return { ...view, standing: { ...view.standing, effects } };
}

export function refuseUnknown(address: ActorAddress): SignalboxError {
  return new SignalboxError('SB_NOT_FOUND', `there is no actor ${formatAddress(address)}`, {
    next: `\`signalbox actor list --kind ${address.kind}\` shows the ones there are.`,
  });
}

async function describeStanding(
  inspector: ActorInspector,
  commit: Commit,
  kept: readonly Commit[],
): Promise<StandingView> {
  const { snapshot, machine, n, at, epoch, parent } = commit;
  const children = Object.entries(commit.children);
  return {
    state: formatStateValue(snapshot.value),
    value: snapshot.value,
    status: snapshot.status,
    context: snapshot.context,
    machine,
    n,
    at,
    epoch,
    parent: parent === undefined ? null : formatAddress(parent.address),
    children: children.flatMap(([name, child]) =>
      child.type === 'actor' ? { name, address: formatAddress(child.address) } : [],
    ),
    timers: Object.entries(commit.timers)
      .toSorted(([, left], [, right]) => left.atMs - right.atMs)
      .map(([id, { generation, atMs }]) => ({
        id,
        generation,
        dueAt: new Date(atMs).toISOString(),
      })),
    effects: await Promise.all(
      children.flatMap(([name, child]) =>
        child.type === 'effect' ? describeEffect(inspector, name, child, kept) : [],
      ),
    ),
  };
}

const effectPlace = /\.(\d+)-\d+$/u;

async function describeEffect(
  inspector: ActorInspector,
  name: string,
  effect: Extract<Commit['children'][string], { type: 'effect' }>,
  kept: readonly Commit[],
): Promise<EffectView> {
  const { source, effectId, pool } = effect;
  const askedBy = Number(effectPlace.exec(effectId)?.[1] ?? 0);
  const notes = pool === undefined ? [] : await inspector.readJournal(effectId);
  return {
    name,
    source,
    effectId,
    runs: pool ?? 'local',
    askedBy,
    since: kept.find(({ n }) => n === askedBy)?.at ?? null,
    steps: notes.flatMap(({ step }) =>
      step.startsWith('step-') ? step.slice('step-'.length) : [],
    ),
    attempt: null,
  };
}

function describeCommit(commit: Commit): CommitView {
  return {
    n: commit.n,
    at: commit.at,
    state: formatStateValue(commit.snapshot.value),
    causes: commit.cause,
    outbox: commit.outbox.map(describeEntry),
  };
}

function describeEntry(entry: OutboxEntry): string {
  switch (entry.type) {
    case 'event':
      return `event ${entry.event.type}`;
    case 'command':
      return `command ${entry.body.type} to ${formatAddress(entry.to)}`;
    case 'startActor':
    case 'startChild':
      return `start of ${formatAddress(entry.to)}`;
    case 'stopChild':
      return `stop of ${formatAddress(entry.to)}`;
    case 'ended':
      return `its end to ${formatAddress(entry.parent.address)}`;
    case 'setTimer':
      return `timer ${entry.timerId} for ${new Date(entry.atMs).toISOString()}`;
    case 'startEffect':
      return `effect ${entry.source} in pool ${entry.pool}`;
    case 'cancelEffect':
      return `cancel of effect ${entry.effectId}`;
    case 'deadLetter':
      return `dead letter of command ${entry.letter.id}`;
    default:
      return assertNever(entry);
  }
}

function describeWaiting({ seq, storedAt, content }: WaitingCommand): WaitingView {
  if (content.status === 'unreadable')
    return { seq, storedAt, command: `unreadable: ${content.reason}`, id: null };
  return { seq, storedAt, command: nameCommand(content.command), id: content.command.id };
}

function nameCommand(command: CommandEnvelope): string {
  return command.purpose === 'deliver' ? command.body.type : command.purpose;
}
