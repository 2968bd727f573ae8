/** The events of a coordinator in words. */
import { formatCount } from '../value.ts';
import {
  describeExit,
  describeRound,
  describeTook,
  joinParts,
  type EventFacts,
  type WordsOf,
} from '../event-words.ts';

export const coordinatorWords: Readonly<Record<string, WordsOf>> = {
  runStarted: (facts) => ({
    title: `Run started by ${facts.text('source')}`,
    detail: facts.text('goal'),
    weight: 'milestone',
  }),
  sessionStarted: (facts) => ({
    title: 'Session started',
    detail: `${facts.text('branch')}, from ${facts.text('baseBranch')}`,
  }),
  handoffReceived: (facts) => ({
    title: `Handoff received${describeRound(facts)}`,
    detail: 'Is verified now',
    weight: 'quiet',
  }),
  proofRecorded: describeProof,
  reworkRequested: (facts) => ({
    title: `Sent back, attempt ${facts.text('attempt')}`,
    detail: facts.text('reason'),
    tone: 'warning',
    weight: 'milestone',
  }),
  changeCommitted: (facts) => ({
    title: `Commit ${facts.text('sha')}`,
    detail: facts.text('subject'),
    weight: 'milestone',
  }),
  branchPushed: (facts) => ({ title: 'Branch pushed', detail: facts.text('branch') }),
  changeHandedToMergeRequest: (facts) => ({
    title: 'Handed to the merge request',
    detail: facts.text('sha'),
    weight: 'quiet',
  }),
  runCompleted: (facts) => ({
    title: `Run completed: ${facts.text('outcome')}`,
    detail: facts.text('reason'),
    tone: 'good',
    weight: 'milestone',
  }),
  runFailed: (facts) => ({
    title: describeFailure(facts.text('outcome')),
    detail: facts.text('reason'),
    tone: 'bad',
    weight: 'milestone',
  }),
};

function describeProof(facts: EventFacts): ReturnType<WordsOf> {
  const passed = facts.text('verdict') === 'passed';
  return {
    title: passed ? 'Verified: passed' : 'Verified: not passed',
    detail: joinParts(
      facts.text('command') || 'no tests were asked for',
      describeExit(facts),
      describeTook(facts),
      formatCount(facts.list('changedFiles').length, 'file'),
    ),
    tone: passed ? 'good' : 'bad',
    weight: 'milestone',
  };
}

function describeFailure(outcome: string): string {
  return outcome === 'failed' || outcome === '' ? 'Run failed' : `Run failed: ${outcome}`;
}
