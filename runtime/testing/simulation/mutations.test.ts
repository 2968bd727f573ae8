/** The test that proves the tests: a protocol that is broken in one place is found out, by the invariant meant for it. */
import { describe, expect, it } from 'vitest';
import { countSeeds, exploreHistories } from './explore.ts';
import type { Invariant } from './invariants.ts';
import { mutations, type Mutation, type MutationName } from './mutations.ts';

const mostHistories = 800;
const timeoutMs = 120_000;

const expected: Readonly<Record<MutationName, Invariant>> = {
  'the store ignores the expected sequence': 'oneHistory',
  'nothing is relayed again after a crash': 'outboxOnce',
  'commands do not say where they come from, and the store has forgotten their ids': 'outboxOnce',
  'a loaded actor does not know how far it has read': 'acceptedOnce',
  'a checkpoint is ahead of what is applied': 'acceptedOnce',
  'a checkpoint does not name the busy actors': 'effectsAtLeastOnce',
  'a timer fires whatever its generation': 'timersNeverEarly',
  'an effect that must not be repeated is repeated': 'askOnce',
  'work is finished before its result is stored': 'effectsAtLeastOnce',
};

describe('the protocol, broken on purpose', () => {
  it.each(Object.entries(mutations) as [MutationName, Mutation][])(
    '%s: is found out',
    async (name, mutation) => {
      const invariant = expected[name];
      const { broken } = await exploreHistories(countSeeds(1, mostHistories), {
        mutation,
        invariant,
      });
      expect(broken?.failures.map((failure) => failure.invariant)).toContain(invariant);
    },
    timeoutMs,
  );
});
