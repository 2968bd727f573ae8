/** What there is to see when it is over, and all that is said of it: states, events, executions, and the book of those outside. */
import { eventMessageSchema } from '../../runtime/contract/event.ts';
import { formatAddress } from '../../runtime/contract/address.ts';
import { decodeCommit } from '../../runtime/core/commit-codec.ts';
import { isUnreadable, type EventSource } from '../../runtime/core/event-source.ts';
import { readLastCommits } from '../../runtime/nats/commit-export.ts';
import type { Connection } from '../../runtime/nats/connection.ts';
import type { Book } from './book.ts';
import { space } from './chaos-actors.ts';
import { readExecutions, type Execution } from './executions.ts';

export interface FinalState {
  /** Its commits are 1 to `n`. */
  readonly n: number;
  readonly status: string;
  readonly context: unknown;
}

export interface Evidence {
  readonly lanes: Book['lanes'];
  readonly starts: Book['starts'];
  /** By `kind/id`. */
  readonly states: ReadonlyMap<string, FinalState>;
  /** By `kind/id`: how many messages of EVENTS each commit has. */
  readonly told: ReadonlyMap<string, ReadonlyMap<number, number>>;
  readonly executions: readonly Execution[];
  /** Things that must not be there at all: unreadable messages, actors that stand still, dead letters. */
  readonly oddities: readonly string[];
}

export interface EvidenceRoom {
  gather(): Promise<Evidence>;
  stop(): Promise<void>;
}

/** Reads EVENTS from the start of the run on. */
export function openEvidence(
  connection: Connection,
  events: EventSource,
  book: Book,
  executionsFile: string,
): EvidenceRoom {
  const reading = new AbortController();
  const telling = createTelling();
  const finished = followEvents(events, telling, reading.signal);
  return {
    gather: async () => {
      const lastSeq = await events.lastSeq();
      const states = new Map<string, FinalState>();
      const oddities = [...telling.oddities];
      for await (const { address, text } of readLastCommits(connection, space)) {
        const decoded = decodeCommit(text);
        if (decoded.status === 'unreadable') {
          oddities.push(`${formatAddress(address)}: ${decoded.reason}`);
          continue;
        }
        const { n, snapshot } = decoded.commit;
        states.set(formatAddress(address), {
          n,
          status: snapshot.status,
          context: snapshot.context,
        });
      }
      if (telling.throughSeq < lastSeq) oddities.push('events are still being read');
      const { told } = telling;
      const executions = readExecutions(executionsFile);
      return { lanes: book.lanes, starts: book.starts, states, told, executions, oddities };
    },
    stop: async () => {
      reading.abort();
      await finished;
    },
  };
}

interface Telling {
  throughSeq: number;
  readonly told: Map<string, Map<number, number>>;
  readonly oddities: string[];
}

function createTelling(): Telling {
  return { throughSeq: 0, told: new Map(), oddities: [] };
}

/** Not of a commit: a snooze that came when the ticker had ended. */
const notOfCommit = new Set(['commandRefused']);
const mustNotBe = new Set(['actorQuarantined', 'commandDeadLettered', 'actorStartFailed']);

async function followEvents(
  events: EventSource,
  telling: Telling,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const batch of events.read(telling.throughSeq, signal)) {
        for (const item of batch) {
          telling.throughSeq = item.seq;
          if (isUnreadable(item)) telling.oddities.push(`event ${item.seq}: ${item.unreadable}`);
          else enter(telling, eventMessageSchema.parse(item));
        }
      }
    } catch (error) {
      if (!signal.aborted && !isRetryable(error)) throw error;
    }
  }
}

function enter(
  { told, oddities }: Telling,
  { kind, actor, n, events }: ReturnType<typeof eventMessageSchema.parse>,
): void {
  const address = formatAddress({ kind, id: actor });
  for (const { type, data } of events) {
    if (mustNotBe.has(type)) oddities.push(`${address}: ${type} ${JSON.stringify(data)}`);
  }
  if (events.every(({ type }) => notOfCommit.has(type))) return;
  const counts = told.get(address) ?? new Map<number, number>();
  counts.set(n, (counts.get(n) ?? 0) + 1);
  told.set(address, counts);
}

function isRetryable(error: unknown): boolean {
  return error instanceof Error && 'retryable' in error && error.retryable === true;
}
