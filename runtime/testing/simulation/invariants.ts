/** What must hold of every history, each by its name. */
import type { StoredEvent } from '../../contract/event.ts';
import type { Chronicle, StoredInSimulation } from './chronicle.ts';
import { formatActor, groupByActor } from './chronicle.ts';
import { checkEffects } from './effect-invariants.ts';
import type { LedgerContext } from './ledger.machine.ts';
import { checkTimers } from './timer-invariants.ts';
import { listUnfinished } from './unfinished.ts';

export const invariants = {
  oneHistory: 'the commits of an actor are one chain: each follows the one it was made from',
  oneWriter: 'what a worker was told is stored is what is stored',
  acceptedOnce: 'an accepted command is applied exactly once',
  outboxOnce: 'what a commit sends is applied by its receiver exactly once',
  eventsOnce: 'what a commit tells is in EVENTS exactly once',
  ledgersAgree: 'the state of a ledger is what its commands say',
  timersNeverEarly: 'a timer fires at its time or later',
  timersOnce: 'a timer fires once at most, and never when it was cancelled or set anew',
  timersNeverLost: 'a timer that is set fires or is cancelled',
  effectsAtLeastOnce: 'an effect that has succeeded was executed, and every effect ends',
  resultsAtMostOnce: 'the result of an effect is applied once at most',
  askOnce: 'an effect that must not be repeated is executed once at most',
  stepsOnce: 'a journaled step has one result for all attempts',
  quiescence: 'workers that are told to stop do stop',
} as const;
export type Invariant = keyof typeof invariants;

export interface Failure {
  readonly invariant: Invariant;
  readonly message: string;
}

export function checkInvariants(chronicle: Chronicle, nowMs: number): readonly Failure[] {
  const actors = groupByActor(chronicle.commits);
  const events = chronicle.listEvents();
  return [
    ...[...actors.values()].flatMap(checkChain),
    ...checkWriters(chronicle),
    ...checkCauses(chronicle),
    ...checkEvents(events),
    ...[...actors.values()].flatMap(checkLedger),
    ...[...actors.values()].flatMap(checkTimers),
    ...checkEffects(chronicle),
    ...listUnfinished(chronicle, nowMs, () => events),
  ];
}

function checkChain(commits: readonly StoredInSimulation[]): readonly Failure[] {
  return commits.flatMap(({ address, commit, expectedSeq, seq }, index) => {
    const before = commits[index - 1];
    const where = `commit n=${commit.n} of ${formatActor(address)} (seq ${seq})`;
    const problems: string[] = [];
    if (commit.n !== (before?.commit.n ?? 0) + 1)
      problems.push(`${where} follows n=${before?.commit.n ?? 0}`);
    if (expectedSeq !== (before?.seq ?? 0))
      problems.push(`${where} was made from seq ${expectedSeq}, and follows ${before?.seq ?? 0}`);
    if (commit.inSeq < (before?.commit.inSeq ?? 0))
      problems.push(
        `${where} goes back from inbox position ${before?.commit.inSeq} to ${commit.inSeq}`,
      );
    return problems.map((message): Failure => ({ invariant: 'oneHistory', message }));
  });
}

function checkWriters({ answers, commits }: Chronicle): readonly Failure[] {
  const texts = new Map(commits.map(({ seq, commit }) => [seq, JSON.stringify(commit)]));
  return answers
    .filter(({ seq, commit }) => texts.get(seq) !== JSON.stringify(commit))
    .map(({ worker, address, commit, seq }) => ({
      invariant: 'oneWriter',
      message: `${worker} was told that its n=${commit.n} of ${formatActor(address)} is stored as ${seq}, where another commit is`,
    }));
}

/** Every command that is applied names itself in its commit: once in all commits of the actor it was sent to. */
function checkCauses({ commits, commands }: Chronicle): readonly Failure[] {
  const fromOutside = new Set(commands.map(({ commandId }) => commandId));
  const counts = new Map<string, number>();
  for (const { address, commit } of commits) {
    for (const id of commit.cause) {
      const key = `${id} by ${formatActor(address)}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return [...counts]
    .filter(([key, count]) => count > 1 && !isTimerOrEffect(key))
    .map(([key, count]) => ({
      invariant: fromOutside.has(key.split(' ')[0] ?? '') ? 'acceptedOnce' : 'outboxOnce',
      message: `command ${key} was applied ${count} times`,
    }));
}

/** They have invariants of their own. */
function isTimerOrEffect(key: string): boolean {
  return key.includes(':fired ') || (!key.includes(':') && /\.\d+-\d+ /u.test(key));
}

function checkEvents(events: readonly StoredEvent[]): readonly Failure[] {
  const counts = new Map<string, number>();
  for (const { id } of events) counts.set(id, (counts.get(id) ?? 0) + 1);
  return [...counts]
    .filter(([id, count]) => count > 1 && isOfCommit(id))
    .map(([id, count]) => ({
      invariant: 'eventsOnce',
      message: `event ${id} is ${count} times in EVENTS`,
    }));
}

/** A refusal is told at least once: it belongs to no commit. */
function isOfCommit(eventId: string): boolean {
  return /:\d+:\d+$/u.test(eventId);
}

/** Every transition of a ledger took place on the state before it. */
function checkLedger(commits: readonly StoredInSimulation[]): readonly Failure[] {
  const last = commits.at(-1);
  if (last === undefined || last.address.kind !== 'ledger') return [];
  const { keys } = last.commit.snapshot.context as unknown as LedgerContext; // its own machine wrote it
  const recorded = commits.flatMap(({ commit }) =>
    commit.outbox.flatMap((entry) =>
      entry.type === 'event' && entry.event.type === 'recorded' ? [entry.event['key']] : [],
    ),
  );
  if (new Set(keys).size === keys.length && keys.join() === recorded.join()) return [];
  const message = `${formatActor(last.address)} holds [${keys.join(' ')}] and has told of [${recorded.join(' ')}]`;
  return [{ invariant: 'ledgersAgree', message }];
}
