/** A worker's ports over the simulated network: each call to the store in memory is one that can go wrong. */
import type { LeaseStore } from '../../core/leases.ts';
import type { QuarantineStore } from '../../core/quarantine.ts';
import type {
  Cancellations,
  CommitStore,
  InboxReader,
  Journal,
  RelayMessage,
  RelayOutlet,
  WorkDelivery,
  WorkerStorage,
  WorkQueue,
} from '../../core/storage.ts';
import type { Chronicle } from './chronicle.ts';
import { formatActor } from './chronicle.ts';
import type { Network } from './network.ts';
import type { SimulatedProcess } from './simulated-process.ts';

interface Connection {
  readonly process: SimulatedProcess;
  readonly network: Network;
  readonly store: WorkerStorage;
  readonly chronicle: Chronicle;
}

export function connectStorage(connection: Connection): WorkerStorage {
  const { process, network, store } = connection;
  const call = <Value>(label: string, apply: () => Promise<Value>): Promise<Value> =>
    network.call(process, label, apply);
  return {
    commits: connectCommits(connection),
    relay: connectRelay(connection),
    inbox: connectInbox(connection),
    timers: {
      find: (owner, timerId) =>
        call(`find timer ${timerId} of ${formatActor(owner)}`, () =>
          store.timers.find(owner, timerId),
        ),
      listOwners: (partition) =>
        call(`list timer owners ${partition}`, () => store.timers.listOwners(partition)),
      listStored: (partition) =>
        call(`list timers ${partition}`, () => store.timers.listStored(partition)),
    },
    checkpoints: {
      takeOver: (partition, epoch) =>
        call(`take over checkpoint ${partition}`, () =>
          store.checkpoints.takeOver(partition, epoch),
        ),
      save: (partition, held, checkpoint) => {
        const busy = checkpoint.busy.map(formatActor).join(' ');
        return call(`save checkpoint ${partition} at ${checkpoint.offset} busy ${busy}`, () =>
          store.checkpoints.save(partition, held, checkpoint),
        );
      },
    },
    work: connectWork(connection),
    journal: connectJournal(connection),
    cancellations: connectCancellations(connection),
    shared: {
      read: (key) => call(`read ${key}`, () => store.shared.read(key)),
      write: (key, value, revision) =>
        call(`write ${key}`, () => store.shared.write(key, value, revision)),
    },
    leases: connectLeases(connection),
    quarantine: connectQuarantine(connection),
  };
}

function connectCancellations({ process, network, store }: Connection): Cancellations {
  return {
    listen: (pool, cancelled) => {
      const lane = network.openLane(process, `cancellation in ${pool}`);
      const listening = store.cancellations.listen(pool, (effectId) => {
        lane(() => {
          cancelled(effectId);
        });
      });
      process.death.addEventListener('abort', () => {
        listening.stop();
      });
      return listening;
    },
  };
}

function connectLeases({ process, network, store }: Connection): LeaseStore {
  const { leases } = store;
  const call = <Value>(label: string, apply: () => Promise<Value>): Promise<Value> =>
    network.call(process, label, apply);
  return {
    ttlMs: leases.ttlMs,
    join: (member) => network.call(process, 'join', () => leases.join(member), { isUnique: true }),
    renew: (membership, changed) => call('renew', () => leases.renew(membership, changed)),
    leave: (membership) => call('leave', () => leases.leave(membership)),
    claim: (partition, workerId, seenRevision) =>
      call(`claim ${partition}`, () => leases.claim(partition, workerId, seenRevision)),
    release: (partition, epoch) =>
      call(`release ${partition}`, () => leases.release(partition, epoch)),
    read: () => call('read placement', () => leases.read()),
    watch: async (changed, signal) => {
      const lane = network.openLane(process, 'placement');
      const end = eitherAborts(signal, process.death);
      await leases.watch((placement) => {
        lane(() => {
          if (!signal.aborted) changed(placement);
        });
      }, end);
      if (!process.alive) await forever;
    },
  };
}

function connectQuarantine({ process, network, store }: Connection): QuarantineStore {
  const { quarantine } = store;
  const call = <Value>(label: string, apply: () => Promise<Value>): Promise<Value> =>
    network.call(process, label, apply);
  return {
    list: (partition) => call(`quarantined in ${partition}`, () => quarantine.list(partition)),
    enter: (actor) => call('enter quarantine', () => quarantine.enter(actor)),
    hold: (address, held) =>
      call(`hold for ${formatActor(address)}`, () => quarantine.hold(address, held)),
    readHeld: (address, after, limit) =>
      call(`held for ${formatActor(address)}`, () => quarantine.readHeld(address, after, limit)),
    leave: (address) =>
      call(`${formatActor(address)} leaves quarantine`, () => quarantine.leave(address)),
  };
}

function connectCommits({ process, network, store, chronicle }: Connection): CommitStore {
  return {
    load: (address) =>
      network.call(process, `load ${formatActor(address)}`, () => store.commits.load(address)),
    commit: async (address, commit, expectedSeq) => {
      const label = `commit ${formatActor(address)} n=${commit.n} [${commit.cause.join(' ')}]`;
      const outcome = await network.call(process, label, () =>
        store.commits.commit(address, commit, expectedSeq),
      );
      if (outcome.status === 'committed')
        chronicle.answers.push({ worker: process.name, address, commit, seq: outcome.seq });
      return outcome;
    },
  };
}

/** As over NATS: each message by itself; those to one actor one after the other, all else at once. */
function connectRelay({ process, network, store }: Connection): RelayOutlet {
  const send =
    (publish: RelayOutlet['publish'], word: string): RelayOutlet['publish'] =>
    async (messages) => {
      const sendInOrder = async (group: readonly RelayMessage[]): Promise<void> => {
        for (const message of group) {
          const label = `${word} ${message.type} ${message.messageId}`;
          await network.call(process, label, () => publish([message]), {
            subject: subjectOf(message),
          });
        }
      };
      await Promise.all(groupByReceiver(messages).map(sendInOrder));
    };
  return {
    publish: send((messages) => store.relay.publish(messages), 'relay'),
    publishAgain: send((messages) => store.relay.publishAgain(messages), 'relay again'),
  };
}

/** Where messages that are sent at once must keep their order; a later timer takes the place of an earlier one. */
function subjectOf(message: RelayMessage): string | undefined {
  return message.type === 'timer' ? `${formatActor(message.owner)} ${message.timerId}` : undefined;
}

function groupByReceiver(messages: readonly RelayMessage[]): readonly (readonly RelayMessage[])[] {
  const groups = new Map<string, RelayMessage[]>();
  for (const message of messages) {
    const key = message.type === 'command' ? formatActor(message.to) : message.messageId;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [message]);
    else group.push(message);
  }
  return [...groups.values()];
}

function connectInbox({ process, network, store }: Connection): InboxReader {
  return {
    read: async (partition, after, deliver, signal) => {
      const lane = network.openLane(process, `inbox ${partition}`);
      await store.inbox.read(
        partition,
        after,
        (message) => {
          lane(() => {
            if (!signal.aborted) deliver(message);
          });
        },
        eitherAborts(signal, process.death),
      );
      if (!process.alive) await forever;
    },
    trim: (partition, through) =>
      network.call(process, `trim ${partition}`, () => store.inbox.trim(partition, through)),
  };
}

function connectJournal({ process, network, store }: Connection): Journal {
  return {
    put: (effectId, step, value) =>
      network.call(process, `journal ${effectId} ${step}`, () =>
        store.journal.put(effectId, step, value),
      ),
    get: (effectId, step) =>
      network.call(process, `read journal ${effectId} ${step}`, () =>
        store.journal.get(effectId, step),
      ),
  };
}

function connectWork(connection: Connection): WorkQueue {
  const { process, network, store } = connection;
  return {
    heartbeatMs: store.work.heartbeatMs,
    take: async (pool, signal) => {
      const delivery = await takeUntilAnswered(connection, pool, signal);
      if (delivery === undefined) return undefined;
      const { work, position, deliveries } = delivery;
      return {
        work,
        position,
        deliveries,
        heartbeat: () => {
          network.tell(process, `heartbeat ${work.effectId}`, () => {
            delivery.heartbeat();
          });
        },
        finish: () => {
          network.tell(process, `finish ${work.effectId}`, () => {
            delivery.finish();
          });
        },
        release: () => {
          network.tell(process, `release ${work.effectId}`, () => {
            delivery.release();
          });
        },
      };
    },
  };
}

/** The adapter repeats a pull that was not answered; what it took in between comes back after the ack wait. */
async function takeUntilAnswered(
  { process, network, store }: Connection,
  pool: string,
  signal: AbortSignal,
): Promise<WorkDelivery | undefined> {
  for (;;) {
    const delivery = await store.work.take(pool, eitherAborts(signal, process.death));
    if (!process.alive) return forever;
    if (delivery === undefined) return undefined;
    const arrived = await network
      .call(process, `take ${delivery.work.effectId}`, async () => true)
      .catch(() => false);
    if (arrived && !signal.aborted) return delivery;
    if (arrived) delivery.release();
  }
}

/** Node's own `AbortSignal.any` costs more than the rest of a call. */
function eitherAborts(left: AbortSignal, right: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort(over);
  };
  for (const signal of [left, right]) {
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  }
  return controller.signal;
}

/** An error made for each would cost more than the end itself. */
const over = 'over';

/** What a dead process waits for. */
const forever = new Promise<never>(() => undefined);
