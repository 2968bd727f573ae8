import { describe, expect, it } from 'vitest';
import { isWrongSequence, refusalError } from './publish-refusal.ts';

const refusal = (code: number, errorCode: number) => ({ code, errorCode, description: 'why' });

describe('a refused publish', () => {
  it('is an answer when another message came first', () => {
    expect(isWrongSequence(refusal(400, 10_071))).toBe(true);
    expect(isWrongSequence(refusal(400, 10_164))).toBe(false);
  });

  it.each([
    ['another copy of it is being stored', 409, 10_158],
    ['another message for the subject is being stored', 400, 10_164],
    ['too much is being stored', 429, 10_167],
    ['the cluster has no leader', 503, 10_008],
  ])('may be repeated when %s', (_when, code, errorCode) => {
    expect(refusalError('a.0.main.ledger.l1', refusal(code, errorCode))).toMatchObject({
      code: 'SB_NATS_UNAVAILABLE',
      retryable: true,
    });
  });

  it('is a defect otherwise', () => {
    expect(refusalError('a.0.main.ledger.l1', refusal(400, 10_054))).toMatchObject({
      code: 'SB_PROTOCOL',
      retryable: false,
    });
  });
});
