import { describe, expect, it } from 'vitest';
import type { ActorSummary } from '../../runtime/contract/run-view.ts';
import { describeStanding } from './run-standing.ts';

type Actor = Pick<ActorSummary, 'kind' | 'state' | 'status' | 'facts'>;

function actor(
  kind: string,
  state: string,
  facts: ActorSummary['facts'] = {},
  status: ActorSummary['status'] = 'active',
): Actor {
  return { kind, state, status, facts };
}

const run = actor('coordinator', 'running.reporting');
const atStepTwo = { index: 1, of: 4, step: 'change', turn: 5, tool: 'bash' };
const parked = actor('session', 'parked', atStepTwo);
const mergeRequest = (state: string): Actor => actor('merge-request', state, { number: 7 });

function wordsOf(...actors: readonly Actor[]): string {
  const [first = run, ...members] = actors;
  const { tone, label, detail } = describeStanding(first, members);
  return `${tone} ${label}: ${detail}`;
}

describe('describeStanding', () => {
  it.each([
    ['a run that begins', [run], 'active preparing: Looks at the repository and the workflow'],
    ['a session in line', [run, actor('session', 'queued')], 'waiting queued: Waits for a slot'],
    [
      'a tool at work',
      [run, actor('session', 'acting.commanding', atStepTwo)],
      'active acting: Step 2 of 4: change, turn 5, runs bash',
    ],
    [
      'a handoff under test',
      [actor('coordinator', 'running.verifying'), actor('session', 'handingOver.delivering')],
      'active verifying: Runs the tests of the repository on the change',
    ],
    [
      'a parked session, whatever its coordinator told last',
      [run, parked, mergeRequest('awaitingReview.looking')],
      'waiting parked: Until merge request !7 is reviewed',
    ],
    [
      'a merge that is left to a person',
      [run, parked, mergeRequest('awaitingChecks.waiting')],
      'waiting parked: Merge request !7 is left open: a person merges it',
    ],
    [
      'a merge',
      [run, parked, mergeRequest('merging.requesting')],
      'active merging: Merge request !7',
    ],
  ])('says what to know of %s', (_name, actors, words) => {
    expect(wordsOf(...actors)).toBe(words);
  });

  it('ends with the outcome and the reason, commit ids shortened', () => {
    const facts = { outcome: 'merged', reason: `merged as ${'0123456789'.repeat(4)}` };
    expect(wordsOf(actor('coordinator', 'completed', facts, 'done'), parked)).toBe(
      'good merged: Merged as 01234567',
    );
  });

  it('says which step failed, and why', () => {
    const facts = { outcome: 'failed', reason: 'the session failed: out of turns' };
    const failed = actor('session', 'failed', atStepTwo, 'done');
    expect(wordsOf(actor('coordinator', 'failed', facts, 'done'), failed)).toBe(
      'bad failed: The session failed: out of turns, in step 2 of 4: change',
    );
  });
});
