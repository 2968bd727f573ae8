/** The verification sees what it is there to see: every kind of broken promise, in evidence made up for it. */
import { describe, expect, it } from 'vitest';
import { openingBalance } from './account.machine.ts';
import type { Evidence, FinalState } from './evidence.ts';
import { addToTally, amountOf, emptyTally, tallyThrough } from './tally.ts';
import { verify } from './verify.ts';

const account = (partner: string, paid: number, received: number, gift = 0): FinalState => {
  const sum = (count: number): number =>
    Array.from({ length: count }, (_, index) => amountOf(index + 1)).reduce((a, b) => a + b, 0);
  const balance = openingBalance - sum(paid) + sum(received) + gift;
  const tallies = { paid: tallyThrough(paid), received: tallyThrough(received) };
  return { n: 1, status: 'active', context: { partner, balance, ...tallies } };
};
const ledger = (senders: Record<string, unknown>): FinalState => ({
  n: 3,
  status: 'active',
  context: { senders },
});
const ticker = (ticks: number): FinalState => ({
  n: 1,
  status: ticks < 3 ? 'active' : 'done',
  context: { delayMs: 1, rounds: 3, ticks },
});
const job = (status = 'done'): FinalState => ({
  n: 1,
  status,
  context: { note: 'done', charge: 'interrupted', stamped: 'x', errand: 'y' },
});
const execution = (source: string) => ({
  effectId: `job.j.1-${source}`,
  actor: 'job/j',
  source,
  workerId: 'w',
});

/** All is well in it. */
const good: Evidence = {
  lanes: [
    {
      to: { kind: 'ledger', id: 'l' },
      command: 'enter',
      sender: 's',
      sent: 3,
      acknowledged: 2,
    },
  ],
  starts: [{ address: { kind: 'ledger', id: 'l' }, acknowledged: true }],
  states: new Map([
    ['ledger/l', ledger({ s: tallyThrough(2) })],
    ['account/a', account('b', 2, 1)],
    ['account/b', account('a', 1, 2)],
    ['ticker/t', ticker(3)],
    ['job/j', job()],
  ]),
  told: new Map([
    ['ledger/l', new Map([1, 2, 3].map((n) => [n, 1]))],
    ...['account/a', 'account/b', 'ticker/t', 'job/j'].map(
      (address) => [address, new Map([[1, 1]])] as const,
    ),
  ]),
  executions: [execution('note'), execution('stamp'), execution('stamp')],
  oddities: [],
};
const withState = (address: string, state: FinalState): Evidence => ({
  ...good,
  states: new Map([...good.states, [address, state]]),
});
const withTold = (address: string, counts: readonly (readonly [number, number])[]): Evidence => ({
  ...good,
  told: new Map([...good.told, [address, new Map(counts)]]),
});
const without = (address: string): Evidence => ({
  ...good,
  states: new Map([...good.states].filter(([key]) => key !== address)),
});
const outOfOrder = [2, 1].reduce(addToTally, emptyTally);

describe('the verification', () => {
  it('finds nothing where all is well', () => {
    expect(verify(good)).toEqual([]);
  });

  it('lets a command that was not acknowledged be applied or not', () => {
    expect(verify(withState('ledger/l', ledger({ s: tallyThrough(3) })))).toEqual([]);
  });

  it.each<[string, Evidence, string]>([
    ['a lost command', withState('ledger/l', ledger({ s: tallyThrough(1) })), 'lost'],
    ['a command applied twice', withState('ledger/l', ledger({ s: tallyThrough(4) })), 'twice'],
    ['commands out of order', withState('ledger/l', ledger({ s: outOfOrder })), 'wrong'],
    ['an actor that was never started', without('ledger/l'), 'lost'],
    ['a lost credit', withState('account/b', account('a', 1, 1)), 'lost'],
    ['a credit added twice', withState('account/b', account('a', 1, 3)), 'twice'],
    ['a lost timer', withState('ticker/t', ticker(2)), 'lost'],
    ['a timer that fired once more', withState('ticker/t', ticker(4)), 'twice'],
    ['work that does not end', withState('job/j', job('active')), 'lost'],
    [
      'a lost event',
      withTold('ledger/l', [
        [1, 1],
        [3, 1],
      ]),
      'lost',
    ],
    [
      'an event stored twice',
      withTold('ledger/l', [
        [1, 1],
        [2, 2],
        [3, 1],
      ]),
      'twice',
    ],
    [
      'an event without a commit',
      withTold('ticker/t', [
        [1, 1],
        [2, 1],
      ]),
      'wrong',
    ],
    ['an event without an actor', withTold('ticker/x', [[1, 1]]), 'wrong'],
    [
      'an effect executed twice that must not be',
      { ...good, executions: [...good.executions, execution('note')] },
      'twice',
    ],
    [
      'an effect that ended well and was not executed',
      { ...good, executions: [execution('note')] },
      'lost',
    ],
    ['what must not be there at all', { ...good, oddities: ['a dead letter'] }, 'wrong'],
  ])('finds %s', (_name, evidence, what) => {
    expect(verify(evidence)).toContainEqual(expect.objectContaining({ what }));
  });

  it('finds money that came from nowhere', () => {
    expect(verify(withState('account/a', account('b', 2, 1, 1)))).toContainEqual(
      expect.objectContaining({ what: 'wrong', where: 'account/a' }),
    );
  });
});
