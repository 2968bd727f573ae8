/** What a conformance suite needs of an implementation of the worker's ports: the fake one or the real one. */
import { vi } from 'vitest';
import type { StoredEvent } from '../../contract/event.ts';
import type { CommandSender } from '../../core/ports.ts';
import type { Commit } from '../../core/commit.ts';
import type { InboxMessage, WorkerStorage } from '../../core/storage.ts';

export interface StorageUnderTest {
  readonly storage: WorkerStorage;
  readonly commands: CommandSender;
  readonly partitionCount: number;
  listEvents(): Promise<readonly StoredEvent[]>;
}

/** For what takes its time: until it holds, at most ten seconds. */
export function eventually(assertion: () => void | Promise<void>): Promise<void> {
  return vi.waitFor(assertion, { timeout: 10_000, interval: 20 });
}

export function makeCommit(n: number, changes: Partial<Commit> = {}): Commit {
  return {
    v: 1,
    n,
    epoch: 1,
    machine: { kind: 'test', version: 1 },
    at: new Date(Date.UTC(2026, 0, 1) + n).toISOString(),
    inSeq: n,
    cause: [`c${n}`],
    snapshot: { value: 'idle', context: { n }, status: 'active' },
    children: {},
    timers: {},
    generation: 0,
    seen: {},
    outbox: [],
    ...changes,
  };
}

/** Reads a partition until the returned function is called. */
export function collectInbox(
  { storage }: StorageUnderTest,
  partition: number,
  after: number,
): { readonly messages: InboxMessage[]; readonly stop: () => Promise<void> } {
  const stopping = new AbortController();
  const messages: InboxMessage[] = [];
  const reading = storage.inbox.read(
    partition,
    after,
    (message) => messages.push(message),
    stopping.signal,
  );
  return {
    messages,
    stop: async () => {
      stopping.abort();
      await reading;
    },
  };
}

/** What a command says, for comparing: its id, or why it is none. */
export function describeInboxMessage({ content }: InboxMessage): string {
  return content.status === 'command' ? content.command.id : content.reason;
}
