/** Timers, as the commits of their actor show them: set, and then fired, set anew or cancelled. */
import type { StoredInSimulation } from './chronicle.ts';
import { formatActor } from './chronicle.ts';
import type { Failure } from './invariants.ts';

export function checkTimers(commits: readonly StoredInSimulation[]): readonly Failure[] {
  const ids = new Map<number, string>();
  for (const { commit } of commits) {
    for (const entry of commit.outbox)
      if (entry.type === 'setTimer') ids.set(entry.generation, entry.timerId);
  }
  return commits.flatMap((stored, index) => {
    const before = commits[index - 1]?.commit.timers ?? {};
    return stored.commit.cause.flatMap((cause) => {
      const generation = readGeneration(cause, commits);
      return generation === undefined
        ? []
        : checkFire(stored, before, ids.get(generation), generation);
    });
  });
}

function checkFire(
  { address, commit }: StoredInSimulation,
  before: StoredInSimulation['commit']['timers'],
  timerId: string | undefined,
  generation: number,
): readonly Failure[] {
  const pending = timerId === undefined ? undefined : before[timerId];
  const fire = `timer "${timerId}" of ${formatActor(address)}, generation ${generation}, fired in n=${commit.n}`;
  const failures: Failure[] = [];
  if (pending?.generation !== generation) {
    const instead = pending === undefined ? 'none was set' : `${pending.generation} was set`;
    failures.push({ invariant: 'timersOnce', message: `${fire}, when ${instead}` });
  }
  const earlyMs = (pending?.atMs ?? 0) - Date.parse(commit.at);
  if (earlyMs > 0)
    failures.push({ invariant: 'timersNeverEarly', message: `${fire}, ${earlyMs} ms early` });
  return failures;
}

/**
 * Of the timer that has fired; undefined when the command is another one. `…:<n>:<i>:fired` names the outbox entry that
 * has set it; `memory:<timer>:<generation>:fired` and `…:<generation>:again:<ms>:fired` the generation itself.
 */
function readGeneration(cause: string, commits: readonly StoredInSimulation[]): number | undefined {
  const parts = cause.split(':');
  if (parts.at(-1) !== 'fired') return undefined;
  if (parts[0] === 'memory') return Number(parts.at(-2));
  if (parts.at(-3) === 'again') return Number(parts.at(-4));
  const [n, i] = [Number(parts.at(-3)), Number(parts.at(-2))];
  const entry = commits
    .find(({ commit }) => commit.n === n)
    ?.commit.outbox.find((candidate) => candidate.i === i);
  return entry?.type === 'setTimer' ? entry.generation : undefined;
}
