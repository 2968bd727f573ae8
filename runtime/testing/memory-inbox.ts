/** The inbox in memory: one line of messages with positions, read by partition, and timers that come due. */
import type { ActorAddress } from '../contract/address.ts';
import { commandEnvelopeSchema, type CommandEnvelope } from '../contract/command.ts';
import { describeError } from '../contract/errors.ts';
import { encodeToken, partitionOf } from '../contract/subjects.ts';
import type { OperatorCommands, Receipt } from '../core/ports.ts';
import type { Clock, InboxMessage, InboxReader, RelayMessage } from '../core/storage.ts';
import { timerKey, type TimerStore } from '../core/timer-store.ts';
import { createMemoryDuplicates } from './memory-commits.ts';

interface StoredMessage {
  readonly seq: number;
  readonly address: ActorAddress;
  readonly text: string;
}

interface StoredTimer {
  readonly owner: ActorAddress;
  readonly timerId: string;
  readonly atMs: number;
  readonly cancel: () => void;
}

export interface MemoryInbox {
  readonly reader: InboxReader;
  readonly sender: OperatorCommands;
  append(to: ActorAddress, command: CommandEnvelope, messageId: string): void;
  appendAt(timer: Extract<RelayMessage, { type: 'timer' }>): void;
  readonly timers: Pick<TimerStore, 'find' | 'listStored'>;
  /** The stored messages of timers vanish: they will not come. */
  loseTimers(): void;
  /** After an outage. */
  deliverAll(): void;
}

export function createMemoryInbox(options: {
  readonly clock: Clock;
  readonly available: () => Promise<void>;
  readonly isConnected: () => boolean;
  readonly partitionCount: number;
  readonly duplicateWindowMs: number;
}): MemoryInbox {
  const { clock, available, isConnected, partitionCount, duplicateWindowMs } = options;
  const ids = createMemoryDuplicates(clock, duplicateWindowMs);
  const positions = new Map<string, number>();
  const timers = new Map<string, StoredTimer>();
  const readings = new Set<() => void>();
  let partitions = Array.from({ length: partitionCount }, (): readonly StoredMessage[] => []);
  let lastSeq = 0;

  const deliverAll = (): void => {
    if (isConnected()) for (const deliver of readings) queueMicrotask(deliver);
  };
  const store = (to: ActorAddress, command: CommandEnvelope): void => {
    lastSeq += 1;
    const message = { seq: lastSeq, address: to, text: JSON.stringify(command) };
    const partition = partitionOf(to, partitionCount);
    partitions = partitions.map((messages, index) =>
      index === partition ? [...messages, message] : messages,
    );
    deliverAll();
  };
  const append = (to: ActorAddress, command: CommandEnvelope, messageId: string): boolean =>
    ids.once(messageId, () => {
      store(to, command);
      positions.set(messageId, lastSeq);
    });

  const send = async (to: ActorAddress, command: CommandEnvelope): Promise<Receipt> => {
    await available();
    const messageId = `command:${to.kind}.${to.id}:${command.id}`;
    const stored = append(to, command, messageId);
    return { commandId: command.id, seq: positions.get(messageId) ?? 0, duplicate: !stored };
  };
  const now = (): string => new Date(clock.nowMs()).toISOString();

  return {
    deliverAll,
    append,
    appendAt: ({ messageId, owner, timerId, atMs, command }) => {
      ids.once(messageId, () => {
        // One timer per name: a later one takes the place of the earlier.
        const key = `${owner.kind}/${owner.id}/${timerId}`;
        timers.get(key)?.cancel();
        const fire = (): void => {
          timers.delete(key);
          store(owner, command);
        };
        timers.set(key, { owner, timerId, atMs, cancel: clock.schedule(atMs, fire) });
      });
    },
    timers: {
      find: async (owner, timerId) => {
        await available();
        return timers.get(`${owner.kind}/${owner.id}/${timerId}`)?.atMs;
      },
      listStored: async (partition) => {
        await available();
        const stored = [...timers.values()].filter(
          ({ owner }) => partitionOf(owner, partitionCount) === partition,
        );
        return new Set(stored.map(({ owner, timerId }) => timerKey(owner, encodeToken(timerId))));
      },
    },
    loseTimers: () => {
      for (const timer of timers.values()) timer.cancel();
      timers.clear();
    },
    sender: {
      start: (to, input, id, options = {}) =>
        send(to, { v: 1, purpose: 'start', id, at: now(), input, ...options }),
      deliver: (to, body, id) => send(to, { v: 1, purpose: 'deliver', id, at: now(), body }),
      release: (to, id) => send(to, { v: 1, purpose: 'release', id, at: now() }),
    },
    reader: {
      read: (partition, after, deliver, signal) =>
        new Promise((resolve) => {
          let position = after;
          const deliverNew = (): void => {
            const messages = partitions[partition] ?? [];
            for (const [index, message] of messages.entries()) {
              if (signal.aborted || !isConnected()) return;
              if (message.seq <= position) continue;
              position = message.seq;
              deliver({ ...parseMessage(message), behind: messages.length - index - 1 });
            }
          };
          const stop = (): void => {
            readings.delete(deliverNew);
            resolve();
          };
          if (signal.aborted) {
            resolve();
            return;
          }
          signal.addEventListener('abort', stop, { once: true });
          readings.add(deliverNew);
          queueMicrotask(deliverNew);
        }),
      trim: async (partition, through) => {
        await available();
        partitions = partitions.map((messages, index) =>
          index === partition ? messages.filter((message) => message.seq > through) : messages,
        );
      },
    },
  };
}

function parseMessage({ seq, address, text }: StoredMessage): Omit<InboxMessage, 'behind'> {
  const parsed = commandEnvelopeSchema.safeParse(JSON.parse(text));
  return parsed.success
    ? { seq, address, content: { status: 'command', command: parsed.data } }
    : {
        seq,
        address,
        content: { status: 'unreadable', reason: describeError(parsed.error), text },
      };
}
