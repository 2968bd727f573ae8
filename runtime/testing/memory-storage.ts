/**
 * The ports of a worker in memory: what JetStream does for `runtime/nats`, without a server. Several workers may
 * stand on one storage. Messages are kept as JSON and parsed when read, so that what is not JSON shows in tests.
 */
import { deadLetterSchema, type DeadLetter } from '../contract/dead-letter.ts';
import { SignalboxError } from '../contract/errors.ts';
import { eventMessageSchema, unpackEvents, type StoredEvent } from '../contract/event.ts';
import type { Json } from '../contract/json.ts';
import type { OperatorCommands } from '../core/ports.ts';
import { markRepeated } from '../core/relay.ts';
import type {
  Cancellations,
  Checkpoint,
  Clock,
  Journal,
  RelayMessage,
  SharedRecords,
  WorkerStorage,
} from '../core/storage.ts';
import { createMemoryCheckpoints } from './memory-checkpoints.ts';
import { createMemoryCommits, createMemoryDuplicates } from './memory-commits.ts';
import { createMemoryInbox } from './memory-inbox.ts';
import { createMemoryLeases } from './memory-leases.ts';
import { createMemoryQuarantine } from './memory-quarantine.ts';
import { createMemoryWork } from './memory-work.ts';

export interface MemoryStorageOptions {
  readonly clock: Clock;
  readonly partitionCount: number;
  /** How long message ids are remembered. Default: the two minutes of the real streams. */
  readonly duplicateWindowMs?: number;
  /** Without a heartbeat for this long a work item is given to the next worker. Default: 3 s. */
  readonly ackWaitMs?: number;
  /** Without a renewal for this long a worker counts as dead. Default: the five seconds of the real bucket. */
  readonly leaseTtlMs?: number;
}

export interface MemoryStorage extends WorkerStorage {
  readonly commands: OperatorCommands;
  /** Every dead letter, oldest first. */
  listDeadLetters(): readonly DeadLetter[];
  /** Everything in EVENTS, oldest first. */
  listEvents(): readonly StoredEvent[];
  readCheckpoint(partition: number): Checkpoint;
  /** From now on the store is away: every call fails with a retryable error, nothing is delivered. */
  disconnect(): void;
  /** The stored messages of timers vanish, as if someone had purged them. */
  loseTimers(): void;
  reconnect(): void;
}

const defaultWindowMs = 120_000;
const defaultAckWaitMs = 3_000;
const defaultLeaseTtlMs = 5_000;

export function createMemoryStorage(options: MemoryStorageOptions): MemoryStorage {
  const { clock, partitionCount, duplicateWindowMs = defaultWindowMs } = options;
  const { ackWaitMs = defaultAckWaitMs, leaseTtlMs = defaultLeaseTtlMs } = options;
  let connected = true;
  const available = async (): Promise<void> => {
    // Nothing is answered in the same turn, as nothing is over a network.
    await Promise.resolve();
    if (!connected)
      throw new SignalboxError('SB_NATS_UNAVAILABLE', 'the store is away', { retryable: true });
  };
  const isConnected = (): boolean => connected;
  const parts = { clock, available, isConnected };

  const events: string[] = [];
  const letters = new Map<string, string>();
  /** Of messages in EVENTS, for ever. */
  const storedIds = new Set<string>();
  const eventIds = createMemoryDuplicates(clock, duplicateWindowMs);
  const commits = createMemoryCommits({ available, partitionCount });
  const inbox = createMemoryInbox({ ...parts, partitionCount, duplicateWindowMs });
  const work = createMemoryWork({ ...parts, ackWaitMs, duplicateWindowMs });
  const journal = createMemoryJournal(available);
  const cancellations = createMemoryCancellations(() => work.lastPosition);
  const checkpoints = createMemoryCheckpoints(available);
  const leases = createMemoryLeases({ ...parts, ttlMs: leaseTtlMs });

  const publish = async (message: RelayMessage): Promise<void> => {
    await available();
    switch (message.type) {
      case 'events':
        eventIds.once(message.messageId, () => events.push(JSON.stringify(message.events)));
        storedIds.add(message.events.id);
        return;
      case 'deadLetter': {
        const { letter } = message;
        if (!letters.has(letter.id)) letters.set(letter.id, JSON.stringify(letter));
        return;
      }
      case 'command':
        inbox.append(message.to, message.command, message.messageId);
        return;
      case 'timer':
        inbox.appendAt(message);
        return;
      case 'work':
        work.append(message);
        return;
      case 'cancelWork':
        cancellations.announce(message.pool, message.effectId);
    }
  };

  return {
    commits,
    timers: { ...inbox.timers, listOwners: commits.listTimerOwners },
    loseTimers: () => {
      inbox.loseTimers();
    },
    inbox: inbox.reader,
    work: work.queue,
    journal,
    cancellations,
    shared: createMemoryRecords(available),
    checkpoints: checkpoints.store,
    readCheckpoint: (partition) => checkpoints.read(partition),
    relay: {
      // One after the other: the strictest order that the real outlet keeps.
      publish: async (messages) => {
        for (const message of messages) await publish(message);
      },
      publishAgain: async (messages) => {
        for (const message of markRepeated(messages)) {
          if (message.type !== 'events' || !storedIds.has(message.events.id))
            await publish(message);
        }
      },
    },
    leases: leases.store,
    quarantine: createMemoryQuarantine({ available, partitionCount }),
    commands: inbox.sender,
    listDeadLetters: () =>
      [...letters.values()].map((text) => deadLetterSchema.parse(JSON.parse(text))),
    listEvents: () =>
      events.flatMap((text, index) =>
        unpackEvents({ ...eventMessageSchema.parse(JSON.parse(text)), seq: index + 1 }),
      ),
    disconnect: () => {
      connected = false;
    },
    reconnect: () => {
      connected = true;
      inbox.deliverAll();
      work.offerAll();
      leases.announceAll();
    },
  };
}

function createMemoryJournal(available: () => Promise<void>): Journal {
  const steps = new Map<string, string>();
  const read = (key: string): Json | undefined => {
    const text = steps.get(key);
    return text === undefined ? undefined : (JSON.parse(text) as Json);
  };
  return {
    get: async (effectId, step) => {
      await available();
      return read(`${effectId} ${step}`);
    },
    put: async (effectId, step, value) => {
      await available();
      const key = `${effectId} ${step}`;
      const known = read(key);
      if (known !== undefined) return { stored: false, value: known };
      steps.set(key, JSON.stringify(value));
      return { stored: true, value };
    },
  };
}

function createMemoryRecords(available: () => Promise<void>): SharedRecords {
  const records = new Map<string, { readonly text: string; readonly revision: number }>();
  let revisions = 0;
  return {
    read: async (key) => {
      await available();
      const record = records.get(key);
      if (record === undefined) return undefined;
      return { value: JSON.parse(record.text) as Json, revision: record.revision };
    },
    write: async (key, value, revision) => {
      await available();
      if ((records.get(key)?.revision ?? 0) !== revision) return undefined;
      revisions += 1;
      records.set(key, { text: JSON.stringify(value), revision: revisions });
      return revisions;
    },
  };
}

interface MemoryCancellations extends Cancellations {
  announce(pool: string, effectId: string): void;
}

function createMemoryCancellations(lastPosition: () => number): MemoryCancellations {
  const listeners = new Set<{
    readonly pool: string;
    readonly cancelled: (effectId: string) => void;
  }>();
  return {
    announce: (pool, effectId) => {
      for (const listener of listeners) if (listener.pool === pool) listener.cancelled(effectId);
    },
    listen: (pool, cancelled) => {
      const listener = { pool, cancelled };
      listeners.add(listener);
      return {
        heardFrom: lastPosition(),
        stop: () => {
          listeners.delete(listener);
        },
      };
    },
  };
}
