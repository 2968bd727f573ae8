/** The events of an MR lifecycle manager in words. */
import { formatKey } from '../value.ts';
import { joinParts, type WordsOf } from '../event-words.ts';

export const mergeRequestWords: Readonly<Record<string, WordsOf>> = {
  mergeRequestOpened: (facts) => ({
    title: `Merge request !${facts.text('number')} opened`,
    detail: facts.text('title'),
    weight: 'milestone',
  }),
  reviewReceived: (facts) => ({
    title: `Review by ${facts.text('author')}: ${formatKey(facts.text('verdict'))}`,
    detail: facts.text('body'),
    tone: facts.text('verdict') === 'approved' ? 'good' : 'active',
    weight: 'milestone',
  }),
  changesRequested: (facts) => ({
    title: `Changes requested, round ${facts.text('round')}`,
    detail: facts.text('reason'),
    tone: 'warning',
  }),
  changesAddressed: (facts) => ({
    title: `Changes addressed, round ${facts.text('round')}`,
    detail: facts.text('headSha'),
    tone: 'good',
  }),
  checksPassed: (facts) => ({
    title: 'Checks passed',
    detail: joinParts(facts.list('checks').join(', ') || 'none is required', facts.text('headSha')),
    tone: 'good',
  }),
  sourceBranchKept: (facts) => ({
    title: 'Source branch kept',
    detail: facts.text('reason'),
  }),
  mergeRequestLeftOpen: (facts) => ({
    title: 'Left open',
    detail: facts.text('reason'),
    tone: 'waiting',
    weight: 'milestone',
  }),
  mergeStarted: (facts) => ({
    title: 'Merge started',
    detail: facts.text('headSha'),
    weight: 'quiet',
  }),
  mergeRequestMerged: (facts) => ({
    title: `Merged as ${facts.text('sha')}`,
    tone: 'good',
    weight: 'milestone',
  }),
  mergeRequestClosed: (facts) => ({
    title: 'Closed without a merge',
    detail: facts.text('reason'),
    tone: 'warning',
    weight: 'milestone',
  }),
  mergeRequestEscalated: (facts) => ({
    title: 'A person is needed',
    detail: facts.text('reason'),
    tone: 'bad',
    weight: 'milestone',
  }),
};
