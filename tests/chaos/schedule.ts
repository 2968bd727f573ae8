/** In which order faults come: every kind once in a random order, then all again; some two at a time. */
import type { Random } from '../../runtime/testing/simulation/random.ts';
import type { FaultKind } from './faults.ts';

const shareOfPairs = 0.35;

/** For ever: whoever takes rounds decides when it is enough. */
export function* drawRounds(
  kinds: readonly FaultKind[],
  random: Random,
): Generator<readonly FaultKind[]> {
  for (;;) {
    const deck = shuffle(kinds, random);
    while (deck.length > 0) yield deck.splice(0, random.chance(shareOfPairs) ? 2 : 1);
  }
}

function shuffle<Value>(values: readonly Value[], random: Random): Value[] {
  const left = [...values];
  const shuffled: Value[] = [];
  while (left.length > 0) shuffled.push(...left.splice(random.integer(0, left.length - 1), 1));
  return shuffled;
}
