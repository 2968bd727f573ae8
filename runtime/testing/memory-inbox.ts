/** The inbox in memory: one line of messages with positions, read by partition, and timers that come due. */
import type { ActorAddress } from '../contract/address.ts';
import { commandEnvelopeSchema, type CommandEnvelope } from '../contract/command.ts';
import { describeError } from '../contract/errors.ts';
import { partitionOf } from '../contract/subjects.ts';
import type { CommandSender, Receipt } from '../core/ports.ts';
import type { Clock, InboxMessage, InboxReader, RelayMessage } from '../core/storage.ts';
import { createMemoryDuplicates } from './memory-commits.ts';

interface StoredMessage {
  readonly seq: number;
  readonly address: ActorAddress;
  readonly text: string;
}

export interface MemoryInbox {
  readonly reader: InboxReader;
  readonly sender: CommandSender;
  append(to: ActorAddress, command: CommandEnvelope, messageId: string): void;
  appendAt(timer: Extract<RelayMessage, { type: 'timer' }>): void;
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
  const timers = new Map<string, () => void>();
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
        timers.get(key)?.();
        const fire = (): void => {
          timers.delete(key);
          store(owner, command);
        };
        timers.set(key, clock.schedule(atMs, fire));
      });
    },
    sender: {
      start: (to, input, id) => send(to, { v: 1, purpose: 'start', id, at: now(), input }),
      deliver: (to, body, id) => send(to, { v: 1, purpose: 'deliver', id, at: now(), body }),
    },
    reader: {
      read: (partition, after, deliver, signal) =>
        new Promise((resolve) => {
          let position = after;
          const deliverNew = (): void => {
            for (const message of partitions[partition] ?? []) {
              if (signal.aborted || !isConnected()) return;
              if (message.seq <= position) continue;
              position = message.seq;
              deliver(parseMessage(message));
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

function parseMessage({ seq, address, text }: StoredMessage): InboxMessage {
  const parsed = commandEnvelopeSchema.safeParse(JSON.parse(text));
  return parsed.success
    ? { seq, address, content: { status: 'command', command: parsed.data } }
    : { seq, address, content: { status: 'unreadable', reason: describeError(parsed.error) } };
}
