/**
 * The stored messages of timers, as what can be lost: who has set a timer and which are stored is compared, so that one
 * that is missing is found without loading any actor.
 */
import { encodeToken } from '../contract/subjects.ts';
import type { ActorAddress } from '../contract/address.ts';
import type { Commit } from './commit.ts';

/** An actor whose last commit waits for timers. */
export interface TimerOwner {
  readonly address: ActorAddress;
  /** As `timerTokens` writes them. */
  readonly tokens: string;
}

/** Errors: `SB_NATS_UNAVAILABLE`, retryable. */
export interface TimerStore {
  /** When the stored message of a timer comes due; undefined when there is none. */
  find(owner: ActorAddress, timerId: string): Promise<number | undefined>;
  /** Of all actors of a partition, without reading their state. */
  listOwners(partition: number): Promise<readonly TimerOwner[]>;
  /** `timerKey` of every stored message of a partition. */
  listStored(partition: number): Promise<ReadonlySet<string>>;
}

/** Longer than this the names of an actor's timers are not kept with its commit: it is always looked at. */
const maxTokensLength = 1_024;
const tooMany = '*';

/** The names of a commit's timers, in so few characters that a message's header holds them; undefined: it has none. */
export function timerTokens({ timers }: Pick<Commit, 'timers'>): string | undefined {
  const ids = Object.keys(timers);
  if (ids.length === 0) return undefined;
  const tokens = ids.map(encodeToken).join(',');
  return tokens.length > maxTokensLength ? tooMany : tokens;
}

export function timerKey({ kind, id }: ActorAddress, token: string): string {
  return `${kind}.${id}.${token}`;
}

/** The actors that wait for a timer which may not come. One that is just being delivered is among them: that is harmless. */
export function findOwnersOfMissing(
  owners: readonly TimerOwner[],
  stored: ReadonlySet<string>,
): readonly ActorAddress[] {
  return owners
    .filter(
      ({ address, tokens }) =>
        tokens === tooMany ||
        tokens.split(',').some((token) => !stored.has(timerKey(address, token))),
    )
    .map(({ address }) => address);
}
