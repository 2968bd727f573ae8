/** Two weeks of waiting, in milliseconds. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestRuntime, type TestRuntime } from '../../runtime/testing/mod.ts';
import { approval } from './approval.actor.ts';

const laptop = { kind: 'approval', id: 'laptop' };
const dayMs = 24 * 60 * 60 * 1_000;
let runtime: TestRuntime;

beforeEach(async () => {
  runtime = await createTestRuntime({ actors: [approval] });
  await runtime.start(laptop, { what: 'a laptop', approver: 'ada', deputy: 'grace' });
});
afterEach(() => runtime.stop());

const told = () =>
  runtime.listEvents(laptop).map(({ type, data }) => `${type} ${JSON.stringify(data)}`);

describe('an approval', () => {
  it('reminds, escalates and expires, whatever happens to the worker meanwhile', async () => {
    await runtime.advanceBy(2 * dayMs);
    await runtime.crash();
    await runtime.advanceBy(3 * dayMs);
    await runtime.crash();
    await runtime.advanceBy(9 * dayMs);
    expect(told()).toEqual([
      'approvalAsked {"of":"ada"}',
      'reminded {"who":["ada"]}',
      'approvalAsked {"of":"grace"}',
      'approvalExpired {}',
      'actorEnded {}',
    ]);
  });

  it('takes an answer from who was asked, and from nobody else', async () => {
    await runtime.send(laptop, { type: 'approve', by: 'grace' });
    expect((await runtime.stateOf(laptop))?.value).toBe('waiting');
    await runtime.advanceBy(5 * dayMs);
    await runtime.send(laptop, { type: 'approve', by: 'grace' });
    expect((await runtime.stateOf(laptop))?.value).toBe('approved');
    expect(told().slice(-2)).toEqual(['approvalGiven {"by":"grace"}', 'actorEnded {}']);
  });

  it('says why it was rejected, and costs nothing any more', async () => {
    await runtime.send(laptop, { type: 'reject', by: 'ada', reason: 'too dear' });
    expect(told().slice(-3)).toEqual([
      'rejectionReasoned {"reason":"too dear"}',
      'approvalRefused {"by":"ada"}',
      'actorEnded {}',
    ]);
    expect(await runtime.stateOf(laptop)).toMatchObject({ status: 'done', timers: [] });
  });
});
