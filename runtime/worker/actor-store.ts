/** One actor's way to the store: every call is repeated while the store is away, and says for whom it waits. */
import { formatAddress, type ActorAddress } from '../contract/address.ts';
import { SignalboxError, describeError } from '../contract/errors.ts';
import { activate } from '../core/activate.ts';
import type { Commit } from '../core/commit.ts';
import type { RegisteredActor } from '../core/registry.ts';
import { listRelayMessages } from '../core/relay.ts';
import type { ActorRecord } from '../core/step.ts';
import type { CommitOutcome, RelayMessage } from '../core/storage.ts';
import type { HostContext } from './host-context.ts';
import { persistently } from './persistence.ts';
import { listMissingTimers } from './stored-timers.ts';

/** An actor in memory and the position of its last commit. */
export interface Loaded {
  readonly record: ActorRecord | undefined;
  readonly seq: number;
}

export type Loading =
  | { readonly status: 'none' }
  | {
      readonly status: 'loaded';
      readonly loaded: Loaded & { readonly record: ActorRecord };
      /** Why it has not been migrated though it should be. */
      readonly migrationProblem: string | undefined;
    }
  /** Of a version that is known no longer: to be stored as soon as the commit before has been relayed. */
  | {
      readonly status: 'toMigrate';
      readonly before: Commit;
      readonly migrated: ActorRecord;
      readonly seq: number;
    }
  | { readonly status: 'quarantined'; readonly reason: string };

export type StoreOutcome =
  | CommitOutcome
  | { readonly status: 'unstorable'; readonly reason: string };

/**
 * A commit that is relayed later than this after its step, because the store was away or the process stood still, is
 * relayed as one that another owner may have relayed: far below the two minutes for which the store knows message ids.
 */
export const relayDoubtMs = 5_000;

export interface ActorStore {
  load(): Promise<Loading>;
  /** Of the last commit; 0 when there is none. */
  position(): Promise<number>;
  commit(commit: Commit, seq: number): Promise<StoreOutcome>;
  publish(messages: readonly RelayMessage[]): Promise<void>;
  /** `again`: a worker may have relayed the commit before. */
  relay(commit: Commit, again: boolean): Promise<void>;
  /** Stores the messages of its timers again that are not there. */
  restoreTimers(commit: Commit): Promise<void>;
}

export function createActorStore(
  context: HostContext,
  actor: RegisteredActor,
  address: ActorAddress,
): ActorStore {
  const { storage, signal, clock, epoch, namespace } = context;
  const run = <Value>(what: string, call: () => Promise<Value>): Promise<Value> =>
    persistently(context, `${what} ${formatAddress(address)}`, call);
  const publish = async (messages: readonly RelayMessage[]): Promise<void> => {
    if (messages.length > 0) await run('relay', () => storage.relay.publish(messages));
  };
  return {
    publish,
    load: async () => {
      const stored = await run('load', () => storage.commits.load(address));
      if (stored === undefined) return { status: 'none' };
      if (stored.status === 'unreadable') return { status: 'quarantined', reason: stored.reason };
      const { commit, seq } = stored;
      const scene = { actor, address, nowMs: clock.nowMs(), epoch };
      const activation = activate(scene, commit);
      if (activation.status === 'quarantined') return activation;
      if (activation.status === 'migrated')
        return { status: 'toMigrate', before: commit, migrated: activation.record, seq };
      const { snapshot, migrationProblem } = activation;
      return { status: 'loaded', loaded: { record: { commit, snapshot }, seq }, migrationProblem };
    },
    position: async () => {
      const stored = await run('look at', () => storage.commits.load(address));
      return stored?.status === 'stored' ? stored.seq : 0;
    },
    commit: async (commit, seq) => {
      try {
        return await run('commit', () => storage.commits.commit(address, commit, seq));
      } catch (error) {
        if (signal.aborted || (error instanceof SignalboxError && error.retryable)) throw error;
        return { status: 'unstorable', reason: describeError(error) };
      }
    },
    restoreTimers: async (commit) => {
      await publish(
        await run('look at the timers of', () =>
          listMissingTimers(storage.timers, clock, address, commit),
        ),
      );
    },
    relay: async (commit, again) => {
      const messages = listRelayMessages(namespace, address, commit);
      if (messages.length === 0) return;
      const committedMs = Date.parse(commit.at);
      await run('relay', () =>
        again || clock.nowMs() - committedMs > relayDoubtMs
          ? storage.relay.publishAgain(messages)
          : storage.relay.publish(messages),
      );
    },
  };
}
