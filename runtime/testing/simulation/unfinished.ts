/** What still has to happen: a history has come to its end when this list is empty. What stays in it is lost. */
import type { StoredEvent } from '../../contract/event.ts';
import type { ChildRecord } from '../../core/commit.ts';
import type { Chronicle, StoredInSimulation } from './chronicle.ts';
import { formatActor, groupByActor } from './chronicle.ts';
import type { Failure } from './invariants.ts';

/** A timer that is this much past its time has been forgotten. */
const graceMs = 1_000;

export function listUnfinished(
  chronicle: Chronicle,
  nowMs: number,
  events = () => chronicle.listEvents(),
): readonly Failure[] {
  const actors = groupByActor(chronicle.commits);
  const waiting = [...actors.values()].flatMap((commits) => listWaiting(commits, actors, nowMs));
  return waiting.length > 0 ? waiting : listUntold(chronicle, events());
}

/** What is in nobody's state: commands on their way, and events. */
function listUntold(chronicle: Chronicle, events: readonly StoredEvent[]): readonly Failure[] {
  const refused = events.filter((event) => event.type === 'commandRefused');
  const answered = new Set([
    ...chronicle.commits.flatMap(({ commit }) => commit.cause),
    ...refused.map((event) => event.cause),
  ]);
  const stored = new Set(events.map((event) => event.id));
  return [
    ...listUnsettledCommands(chronicle, answered),
    ...chronicle.commits.flatMap((commit) => listUndelivered(commit, answered, stored)),
  ];
}

function listUnsettledCommands(
  { commands }: Chronicle,
  answered: ReadonlySet<string>,
): readonly Failure[] {
  return commands
    .filter(({ commandId, state }) => state !== 'abandoned' && !answered.has(commandId))
    .map(({ commandId, to, state }) => ({
      invariant: 'acceptedOnce',
      message: `command ${commandId} to ${formatActor(to)} is ${state} and was never applied`,
    }));
}

/** Of what a commit causes. What may rightly be ignored by its receiver shows in what somebody waits for. */
function listUndelivered(
  { address, commit }: StoredInSimulation,
  answered: ReadonlySet<string>,
  stored: ReadonlySet<string>,
): readonly Failure[] {
  return commit.outbox.flatMap((entry): readonly Failure[] => {
    const id = `${address.kind}.${address.id}:${commit.n}:${entry.i}`;
    if (entry.type === 'event' && !stored.has(id))
      return [{ invariant: 'eventsOnce', message: `event ${id} is not in EVENTS` }];
    if ((entry.type === 'command' || entry.type === 'startActor') && !answered.has(id))
      return [{ invariant: 'outboxOnce', message: `command ${id} never reached its receiver` }];
    return [];
  });
}

function listWaiting(
  commits: readonly StoredInSimulation[],
  actors: ReadonlyMap<string, readonly StoredInSimulation[]>,
  nowMs: number,
): readonly Failure[] {
  const last = commits.at(-1);
  if (last === undefined || last.commit.snapshot.status !== 'active') return [];
  const who = formatActor(last.address);
  const timers = Object.entries(last.commit.timers).map(([timerId, { atMs }]) => ({
    invariant: 'timersNeverLost' as const,
    message: `${who} waits for its timer "${timerId}", ${atMs > nowMs + graceMs ? 'not due yet' : `due ${nowMs - atMs} ms ago`}`,
  }));
  const children = Object.entries(last.commit.children).map(([name, child]) =>
    describeChild(`${who} waits for "${name}"`, child, actors),
  );
  return [...timers, ...children];
}

function describeChild(
  waits: string,
  child: ChildRecord,
  actors: ReadonlyMap<string, readonly StoredInSimulation[]>,
): Failure {
  if (child.type === 'effect')
    return { invariant: 'effectsAtLeastOnce', message: `${waits}, effect ${child.effectId}` };
  const state = actors.get(formatActor(child.address))?.at(-1)?.commit.snapshot.status;
  return {
    invariant: 'outboxOnce',
    message: `${waits}, a child that ${state === undefined ? 'has not started' : `is ${state}`}`,
  };
}
