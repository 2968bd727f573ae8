/** What became of a run: folded from the events of a whole one, and from each way it can end. */
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../runtime/contract/json.ts';
import { makeStoredEvent } from '../../runtime/testing/stored-event.ts';
import { createRunReport, foldRunEvent, type RunReport } from './run-report.ts';

type Told = readonly [type: string, data: JsonObject];

function fold(events: readonly Told[], from = createRunReport('run-1')): RunReport {
  return events.reduce(
    (report, [type, data], index) =>
      foldRunEvent(report, makeStoredEvent(index + 1, { type, data })),
    from,
  );
}

const opening: readonly Told[] = [
  ['runStarted', { goal: 'Keep digits', source: 'a test' }],
  ['sessionStarted', { session: 'run-1::session', branch: 'signalbox/run-1' }],
  ['sessionQueued', {}],
  ['modelCalled', { turn: 1, calls: ['bash'], usage: { inputTokens: 100, outputTokens: 10 } }],
  ['toolStarted', { tool: 'bash', toolCall: 'c1' }],
  ['toolFinished', { tool: 'bash', toolCall: 'c1', outcome: 'interrupted' }],
  ['modelCalled', { turn: 2, calls: ['bash'], usage: { inputTokens: 200, outputTokens: 20 } }],
  ['toolFinished', { tool: 'bash', toolCall: 'c2', outcome: 'failed', exitCode: 1 }],
  ['toolFinished', { tool: 'edit', toolCall: 'c3', outcome: 'succeeded' }],
  ['handedOver', { round: 0, title: 'Keep digits' }],
  ['proofRecorded', { round: 0, verdict: 'passed' }],
  ['changeCommitted', { sha: 'sha-1', subject: 'fix: keep digits', commits: 1 }],
  [
    'mergeRequestOpened',
    { repository: '/origin.git', number: 7, link: 'signalbox mr show 7', title: 'Keep digits' },
  ],
];
const rework: readonly Told[] = [
  ['reviewReceived', { author: 'Ada', verdict: 'changesRequested' }],
  ['changesRequested', { round: 1, reason: 'a review' }],
  ['steered', { text: 'Also dots', from: 'merge-request run-1' }],
  ['proofRecorded', { round: 1, verdict: 'passed' }],
  ['changeCommitted', { sha: 'sha-2', subject: 'fix: keep dots', commits: 2 }],
];
const merging: readonly Told[] = [
  ['mergeRequestMerged', { sha: 'merge-sha' }],
  ['runCompleted', { outcome: 'merged', reason: 'merged as merge-sha' }],
];

it('a whole run', () => {
  expect(fold([...opening, ...rework, ...merging])).toEqual({
    run: 'run-1',
    session: 'run-1::session',
    outcome: 'merged',
    reason: 'merged as merge-sha',
    commits: ['sha-1', 'sha-2'],
    mergeRequest: {
      repository: '/origin.git',
      number: 7,
      link: 'signalbox mr show 7',
      mergeSha: 'merge-sha',
    },
    proof: [
      { round: 0, verdict: 'passed' },
      { round: 1, verdict: 'passed' },
    ],
    counts: {
      events: opening.length + rework.length + merging.length,
      modelCalls: 2,
      toolCalls: 3,
      interruptedToolCalls: 1,
      steers: 1,
      inputTokens: 300,
      outputTokens: 30,
    },
  });
});

describe('the outcome', () => {
  it('is open before anything has happened', () => {
    expect(createRunReport('run-1')).toMatchObject({
      outcome: 'running',
      session: null,
      mergeRequest: null,
    });
    expect(fold([...opening, ...rework])).toMatchObject({ outcome: 'running', reason: '' });
  });

  it.each(['merged', 'closed', 'escalated'])('is %s when the run says so', (outcome) => {
    const report = fold([...opening, ['runCompleted', { outcome, reason: 'because' }]]);
    expect(report).toMatchObject({ outcome, reason: 'because' });
  });

  it('is what a failed run says, and never a success by mistake', () => {
    const failed = (data: JsonObject) => fold([...opening, ['runFailed', data]]);
    expect(failed({ outcome: 'failed', reason: 'killed' })).toMatchObject({
      outcome: 'failed',
      reason: 'killed',
    });
    expect(failed({ outcome: 'escalated', reason: 'stuck' }).outcome).toBe('escalated');
    expect(failed({ outcome: 'praised' }).outcome).toBe('failed');
    expect(failed({})).toMatchObject({ outcome: 'failed', reason: '' });
  });

  it('is not merged because the forge has merged: the run has not ended yet', () => {
    const report = fold([...opening, ['mergeRequestMerged', { sha: 'merge-sha' }]]);
    expect(report).toMatchObject({ outcome: 'running', mergeRequest: { mergeSha: 'merge-sha' } });
  });

  const leftOpen: Told = ['mergeRequestLeftOpen', { reason: 'the policy leaves it to a person' }];

  it('is leftOpen while a person has the say, and running again when changes are asked for', () => {
    const waiting = fold([...opening, leftOpen]);
    expect(waiting).toMatchObject({ outcome: 'leftOpen', reason: leftOpen[1]['reason'] });
    const again = fold(rework, waiting);
    expect(again).toMatchObject({ outcome: 'running', reason: '', commits: ['sha-1', 'sha-2'] });
    expect(fold([leftOpen], again).outcome).toBe('leftOpen');
  });

  it('stays what the run said when a person merges what was left open', () => {
    expect(fold([...opening, leftOpen, ...merging]).outcome).toBe('merged');
  });
});

it('a merge without a merge request, or facts that are not there, make nothing up', () => {
  expect(fold([['mergeRequestMerged', { sha: 'x' }]]).mergeRequest).toBeNull();
  const { counts, commits } = fold([
    ['modelCalled', {}],
    ['changeCommitted', {}],
  ]);
  expect(counts).toMatchObject({ modelCalls: 1, inputTokens: 0, outputTokens: 0 });
  expect(commits).toEqual(['']);
});

it('the fold changes nothing that it was given', () => {
  const before = fold(opening);
  const copy = structuredClone(before);
  fold([...rework, ...merging], before);
  expect(before).toEqual(copy);
});
