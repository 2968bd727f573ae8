import { describe, expect, it } from 'vitest';
import { comment, observation, passed } from '../testing/drive-merge-request.ts';
import { createMergeRequestInput } from '../testing/inputs.ts';
import {
  areChecksPassed,
  createMergeRequestContext,
  findFailedCheck,
  isReviewSatisfied,
  takeObservation,
} from './merge-request.context.ts';

const reviews = ['none', 'addressed', 'approved'] as const;

describe('a review', () => {
  it.each(reviews)('is not satisfied under policy %s while something is asked for', (review) => {
    const context = createMergeRequestContext(createMergeRequestInput({ review }));
    const comments = [comment('changesRequested', 'Rename it.'), comment('approved', 'Fine.')];
    expect(isReviewSatisfied(takeObservation(context, observation({ comments })))).toBe(false);
  });

  it.each(reviews)('is satisfied under policy %s by an approval of this commit', (review) => {
    const context = createMergeRequestContext(createMergeRequestInput({ review }));
    const comments = [comment('approved', 'Fine.')];
    expect(isReviewSatisfied(takeObservation(context, observation({ comments })))).toBe(true);
  });
});

describe('checks', () => {
  const context = createMergeRequestContext(
    createMergeRequestInput({ requiredChecks: ['a', 'b'] }),
  );
  const see = (a: 'passed' | 'failed' | 'pending') =>
    takeObservation(
      context,
      observation({
        checks: [
          { ...passed, name: 'a', conclusion: a },
          { ...passed, name: 'b' },
        ],
      }),
    );

  it('must all have passed', () => {
    expect(areChecksPassed(context)).toBe(false);
    expect(areChecksPassed(see('pending'))).toBe(false);
    expect(areChecksPassed(see('passed'))).toBe(true);
  });

  it('that have failed are named', () => {
    expect(findFailedCheck(see('failed'))?.name).toBe('a');
    expect(findFailedCheck(see('pending'))).toBeUndefined();
  });
});
