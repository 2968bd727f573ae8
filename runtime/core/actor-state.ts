/** An actor as its last commit has it: for who looks at it from outside. Pure. */
import type { Json } from '../contract/json.ts';
import type { Commit, PersistedSnapshot } from './commit.ts';

export interface ActorState {
  /** XState's: a name, or an object where states are nested or parallel. */
  readonly value: Json;
  readonly context: Json;
  readonly status: PersistedSnapshot['status'];
  readonly output: Json | undefined;
  /** Names of what it waits for: effects and children. */
  readonly waitsFor: readonly string[];
  /** `atMs`: milliseconds since 1970. */
  readonly timers: readonly { readonly timerId: string; readonly atMs: number }[];
}

export function describeCommit({ snapshot, children, timers }: Commit): ActorState {
  return {
    value: snapshot.value,
    context: snapshot.context,
    status: snapshot.status,
    output: snapshot.output,
    waitsFor: Object.keys(children),
    timers: Object.entries(timers).map(([timerId, { atMs }]) => ({ timerId, atMs })),
  };
}
