/**
 * The ports of a worker in memory: what JetStream does for `runtime/nats`, without a server. Several workers may
 * stand on one storage. Messages are kept as JSON and parsed when read, so that what is not JSON shows in tests.
 */
import { SignalboxError } from '../contract/errors.ts';
import { eventEnvelopeSchema, type StoredEvent } from '../contract/event.ts';
import type { Json } from '../contract/json.ts';
import type { CommandSender } from '../core/ports.ts';
import type {
  Cancellations,
  CheckpointStore,
  Clock,
  Journal,
  RelayMessage,
  WorkerStorage,
} from '../core/storage.ts';
import { createMemoryCommits, createMemoryDuplicates } from './memory-commits.ts';
import { createMemoryInbox } from './memory-inbox.ts';
import { createMemoryWork } from './memory-work.ts';

export interface MemoryStorageOptions {
  readonly clock: Clock;
  readonly partitionCount: number;
  /** How long message ids are remembered. Default: the two minutes of the real streams. */
  readonly duplicateWindowMs?: number;
  /** Without a heartbeat for this long a work item is given to the next worker. Default: 3 s. */
  readonly ackWaitMs?: number;
}

export interface MemoryStorage extends WorkerStorage {
  readonly commands: CommandSender;
  /** Everything in EVENTS, oldest first. */
  listEvents(): readonly StoredEvent[];
  /** From now on the store is away: every call fails with a retryable error, nothing is delivered. */
  disconnect(): void;
  reconnect(): void;
}

const defaultWindowMs = 120_000;
const defaultAckWaitMs = 3_000;

export function createMemoryStorage(options: MemoryStorageOptions): MemoryStorage {
  const { clock, partitionCount, duplicateWindowMs = defaultWindowMs } = options;
  const { ackWaitMs = defaultAckWaitMs } = options;
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
  /** Of events, for ever. */
  const storedIds = new Set<string>();
  const eventIds = createMemoryDuplicates(clock, duplicateWindowMs);
  const inbox = createMemoryInbox({ ...parts, partitionCount, duplicateWindowMs });
  const work = createMemoryWork({ ...parts, ackWaitMs, duplicateWindowMs });
  const journal = createMemoryJournal(available);
  const cancellations = createMemoryCancellations();
  let epoch = 0;

  const publish = async (message: RelayMessage): Promise<void> => {
    await available();
    switch (message.type) {
      case 'event':
        eventIds.once(message.messageId, () => events.push(JSON.stringify(message.event)));
        storedIds.add(message.event.id);
        return;
      case 'command':
        inbox.append(message.to, message.command, message.messageId);
        return;
      case 'timer':
        inbox.appendAt(message);
        return;
      case 'work':
        work.append(message.pool, message.work, message.messageId);
        return;
      case 'cancelWork':
        await journal.put(message.effectId, 'cancel', true);
        cancellations.announce(message.pool, message.effectId);
    }
  };

  return {
    commits: createMemoryCommits({ ...parts, duplicateWindowMs }),
    inbox: inbox.reader,
    work: work.queue,
    journal,
    cancellations,
    checkpoints: createMemoryCheckpoints(available),
    relay: {
      // One after the other: the strictest order that the real outlet keeps.
      publish: async (messages) => {
        for (const message of messages) await publish(message);
      },
      publishAgain: async (messages) => {
        for (const message of messages) {
          if (message.type !== 'event' || !storedIds.has(message.event.id)) await publish(message);
        }
      },
    },
    nextEpoch: async () => {
      await available();
      return (epoch += 1);
    },
    commands: inbox.sender,
    listEvents: () =>
      events.map((text, index) => ({
        ...eventEnvelopeSchema.parse(JSON.parse(text)),
        seq: index + 1,
      })),
    disconnect: () => {
      connected = false;
    },
    reconnect: () => {
      connected = true;
      inbox.deliverAll();
      work.offerAll();
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

function createMemoryCheckpoints(available: () => Promise<void>): CheckpointStore {
  const saved = new Map<number, string>();
  return {
    load: async (partition) => {
      await available();
      const text = saved.get(partition);
      return text === undefined
        ? { offset: 0, busy: [] }
        : (JSON.parse(text) as Awaited<ReturnType<CheckpointStore['load']>>);
    },
    save: async (partition, checkpoint) => {
      await available();
      saved.set(partition, JSON.stringify(checkpoint));
    },
  };
}

interface MemoryCancellations extends Cancellations {
  announce(pool: string, effectId: string): void;
}

function createMemoryCancellations(): MemoryCancellations {
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
      return () => {
        listeners.delete(listener);
      };
    },
  };
}
