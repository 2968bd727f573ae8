/**
 * A worker's process that can be killed, as far as its storage can tell: from one instant on nothing it does
 * reaches the store and nothing reaches it, without an error that it could react to.
 */
import type { LeaseStore } from '../core/leases.ts';
import type { Clock, InboxReader, RelayOutlet, WorkerStorage, WorkQueue } from '../core/storage.ts';

export interface SeverableProcess {
  readonly storage: WorkerStorage;
  readonly clock: Clock;
  readonly severed: boolean;
  /** `stillRelayed`: how many messages of the next relay get through, for a death in the middle of it. */
  sever(stillRelayed?: number): void;
}

const forever = new Promise<never>(() => undefined);

export function createSeverableProcess(storage: WorkerStorage, clock: Clock): SeverableProcess {
  const death = new AbortController();
  const { signal } = death;
  let stillRelayed = 0;

  /** The answer of a call, unless the process is dead before the call or before the answer. */
  const unlessDead = async <Value>(call: () => Promise<Value>): Promise<Value> => {
    if (signal.aborted) return forever;
    try {
      const value = await call();
      return signal.aborted ? await forever : value;
    } catch (error) {
      return signal.aborted ? forever : Promise.reject(error);
    }
  };
  const guard =
    <Arguments extends unknown[], Value>(call: (...values: Arguments) => Promise<Value>) =>
    (...values: Arguments): Promise<Value> =>
      unlessDead(() => call(...values));

  const relayUnlessDead =
    (relay: RelayOutlet['publish']): RelayOutlet['publish'] =>
    async (messages) => {
      if (!signal.aborted) return relay(messages);
      const last = messages.slice(0, stillRelayed);
      stillRelayed = 0;
      if (last.length > 0) await relay(last);
      return forever;
    };

  return {
    get severed() {
      return signal.aborted;
    },
    sever: (messages = 0) => {
      stillRelayed = messages;
      death.abort();
    },
    clock: {
      nowMs: () => clock.nowMs(),
      schedule: (atMs, task) =>
        clock.schedule(atMs, () => {
          if (!signal.aborted) task();
        }),
    },
    storage: {
      commits: {
        load: guard((address) => storage.commits.load(address)),
        commit: guard((address, commit, seq) => storage.commits.commit(address, commit, seq)),
      },
      relay: {
        publish: relayUnlessDead((messages) => storage.relay.publish(messages)),
        publishAgain: relayUnlessDead((messages) => storage.relay.publishAgain(messages)),
      },
      timers: {
        find: guard((owner, timerId) => storage.timers.find(owner, timerId)),
        listOwners: guard((partition) => storage.timers.listOwners(partition)),
        listStored: guard((partition) => storage.timers.listStored(partition)),
      },
      inbox: severInbox(storage.inbox, signal, unlessDead),
      checkpoints: {
        takeOver: guard((partition, epoch) => storage.checkpoints.takeOver(partition, epoch)),
        save: guard((partition, held, checkpoint) =>
          storage.checkpoints.save(partition, held, checkpoint),
        ),
      },
      work: severWork(storage.work, signal, unlessDead),
      journal: {
        get: guard((effectId, step) => storage.journal.get(effectId, step)),
        put: guard((effectId, step, value) => storage.journal.put(effectId, step, value)),
      },
      cancellations: {
        listen: (pool, cancelled) =>
          storage.cancellations.listen(pool, (effectId) => {
            if (!signal.aborted) cancelled(effectId);
          }),
      },
      quarantine: {
        list: guard((partition) => storage.quarantine.list(partition)),
        enter: guard((actor) => storage.quarantine.enter(actor)),
        hold: guard((address, held) => storage.quarantine.hold(address, held)),
        readHeld: guard((address, after, limit) =>
          storage.quarantine.readHeld(address, after, limit),
        ),
        leave: guard((address) => storage.quarantine.leave(address)),
      },
      shared: {
        read: guard((key) => storage.shared.read(key)),
        write: guard((key, value, revision) => storage.shared.write(key, value, revision)),
      },
      leases: severLeases(storage.leases, signal, unlessDead),
    },
  };
}

type UnlessDead = <Value>(call: () => Promise<Value>) => Promise<Value>;

function severLeases(leases: LeaseStore, death: AbortSignal, unlessDead: UnlessDead): LeaseStore {
  return {
    ttlMs: leases.ttlMs,
    join: (member) => unlessDead(() => leases.join(member)),
    renew: (membership, changed) => unlessDead(() => leases.renew(membership, changed)),
    leave: (membership) => unlessDead(() => leases.leave(membership)),
    claim: (partition, workerId, seenRevision) =>
      unlessDead(() => leases.claim(partition, workerId, seenRevision)),
    release: (partition, epoch) => unlessDead(() => leases.release(partition, epoch)),
    read: () => unlessDead(() => leases.read()),
    watch: (changed, signal) =>
      unlessDead(() => leases.watch(changed, AbortSignal.any([signal, death]))),
  };
}

function severInbox(inbox: InboxReader, death: AbortSignal, unlessDead: UnlessDead): InboxReader {
  return {
    read: (partition, after, deliver, signal) =>
      unlessDead(() =>
        inbox.read(
          partition,
          after,
          (message) => {
            if (!death.aborted) deliver(message);
          },
          AbortSignal.any([signal, death]),
        ),
      ),
    trim: (partition, through) => unlessDead(() => inbox.trim(partition, through)),
  };
}

function severWork(work: WorkQueue, death: AbortSignal, unlessDead: UnlessDead): WorkQueue {
  return {
    heartbeatMs: work.heartbeatMs,
    take: (pool, signal) =>
      unlessDead(async () => {
        const delivery = await work.take(pool, AbortSignal.any([signal, death]));
        if (delivery === undefined) return undefined;
        return {
          ...delivery,
          heartbeat: () => {
            if (!death.aborted) delivery.heartbeat();
          },
          finish: () => {
            if (!death.aborted) delivery.finish();
          },
          release: () => {
            if (!death.aborted) delivery.release();
          },
        };
      }),
  };
}
