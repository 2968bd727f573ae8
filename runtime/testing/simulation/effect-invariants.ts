/** Effects: what was executed, and what became of it in the actors' commits. */
import type { Chronicle } from './chronicle.ts';
import { formatActor } from './chronicle.ts';
import type { Failure, Invariant } from './invariants.ts';

export function checkEffects(chronicle: Chronicle): readonly Failure[] {
  return [...checkResults(chronicle), ...checkAsked(chronicle), ...checkSteps(chronicle)];
}

function checkResults({ commits, executions }: Chronicle): readonly Failure[] {
  const executed = new Set(executions.filter((run) => run.happened).map((run) => run.effectId));
  const results = new Map<string, number>();
  const failures: Failure[] = [];
  for (const { address, commit } of commits) {
    const done = countEvents(commit.outbox, 'stepDone');
    for (const cause of commit.cause.filter(isEffectId)) {
      results.set(cause, (results.get(cause) ?? 0) + 1);
      if (done > 0 && commit.cause.length === 1 && !executed.has(cause))
        failures.push(
          fail(
            'effectsAtLeastOnce',
            `${formatActor(address)} took ${cause} as done, and it never happened`,
          ),
        );
    }
  }
  for (const [effectId, count] of results) {
    if (count > 1)
      failures.push(
        fail('resultsAtMostOnce', `the result of ${effectId} was applied ${count} times`),
      );
  }
  return failures;
}

function isEffectId(cause: string): boolean {
  return /^flow\.[^.]+\.\d+-\d+$/u.test(cause);
}

function countEvents(
  outbox: Chronicle['commits'][number]['commit']['outbox'],
  type: string,
): number {
  return outbox.filter((entry) => entry.type === 'event' && entry.event.type === type).length;
}

function checkAsked({ executions }: Chronicle): readonly Failure[] {
  const workers = new Map<string, string[]>();
  for (const { effectId, worker, policy } of executions) {
    if (policy !== 'ask') continue;
    workers.set(effectId, [...(workers.get(effectId) ?? []), worker]);
  }
  return [...workers]
    .filter(([, names]) => names.length > 1)
    .map(([effectId, names]) =>
      fail('askOnce', `${effectId} was executed ${names.length} times, by ${names.join(' and ')}`),
    );
}

/** Only effects in a pool have a journal. */
function checkSteps({ executions, commits }: Chronicle): readonly Failure[] {
  const pooled = new Set(
    commits.flatMap(({ commit }) =>
      commit.outbox.flatMap((entry) => (entry.type === 'startEffect' ? [entry.effectId] : [])),
    ),
  );
  const marks = new Map<string, Set<string>>();
  for (const { effectId, mark } of executions) {
    if (mark === undefined || !pooled.has(effectId)) continue;
    marks.set(effectId, (marks.get(effectId) ?? new Set()).add(mark));
  }
  return [...marks]
    .filter(([, known]) => known.size > 1)
    .map(([effectId, known]) =>
      fail('stepsOnce', `the step of ${effectId} had the results ${[...known].join(' and ')}`),
    );
}

function fail(invariant: Invariant, message: string): Failure {
  return { invariant, message };
}
