/** Looks at one actor as it is stored: its last commits, what waits in its inbox, what its effects have noted. Changes nothing. */
import type { JetStreamManager, StoredMsg } from '@nats-io/jetstream';
import type { ActorAddress } from '../contract/address.ts';
import { commandEnvelopeSchema, type CommandEnvelope } from '../contract/command.ts';
import { describeError } from '../contract/errors.ts';
import {
  inboxSubject,
  journalSubject,
  partitionOf,
  stateSubject,
  type SubjectSpace,
} from '../contract/subjects.ts';
import { decodeCommit } from '../core/commit-codec.ts';
import type { StoredCommit, UnreadableCommit } from '../core/storage.ts';
import { readBatch } from './read-batch.ts';
import { inboxStream, journalStream, stateStream } from './streams.ts';

/** STATE keeps three per actor; a few more cost nothing should that change. */
const maxCommits = 16;
/** Commands that wait, shown at most; more than a screen helps nobody. */
export const maxWaitingShown = 100;
/** Notes of one effect at most: claims, steps, result. */
const maxNotes = 200;

export interface WaitingCommand {
  readonly seq: number;
  readonly storedAt: string;
  readonly content:
    | { readonly status: 'command'; readonly command: CommandEnvelope }
    | { readonly status: 'unreadable'; readonly reason: string };
}

export interface JournalNote {
  /** As the journal names it, with what is not a letter, digit, `-` or `_` encoded: `claim-1`, `step-push`, `result`. */
  readonly step: string;
  readonly storedAt: string;
}

export interface ActorInspector {
  /** Newest first; empty for an actor that has none. */
  readCommits(address: ActorAddress): Promise<readonly (StoredCommit | UnreadableCommit)[]>;
  /** Oldest first, behind `after` in the inbox, at most `maxWaitingShown` and one that says there are more. */
  readWaiting(address: ActorAddress, after: number): Promise<readonly WaitingCommand[]>;
  /** What the workers that took a pool effect have noted, oldest first. */
  readJournal(effectId: string): Promise<readonly JournalNote[]>;
}

export function createActorInspector(
  manager: JetStreamManager,
  space: SubjectSpace,
): ActorInspector {
  const placeOf = (address: ActorAddress): number => partitionOf(address, space.partitionCount);
  return {
    readCommits: async (address) => {
      const messages = await readBatch(manager, {
        stream: stateStream(placeOf(address)),
        subject: stateSubject(space, address),
        from: 1,
        limit: maxCommits,
        what: `the state of ${address.kind}/${address.id}`,
      });
      return messages.map(parseCommit).toReversed();
    },
    readWaiting: async (address, after) => {
      const messages = await readBatch(manager, {
        stream: inboxStream(placeOf(address)),
        subject: inboxSubject(space, address),
        from: after + 1,
        limit: maxWaitingShown + 1,
        what: `the inbox of ${address.kind}/${address.id}`,
      });
      return messages.map(parseWaiting);
    },
    readJournal: async (effectId) => {
      const prefix = journalSubject(space.namespace, effectId, '');
      const messages = await readBatch(manager, {
        stream: journalStream,
        subject: `${prefix}>`,
        from: 1,
        limit: maxNotes,
        what: `the journal of effect ${effectId}`,
      });
      return messages.map(({ subject, time }) => ({
        step: subject.slice(prefix.length),
        storedAt: time.toISOString(),
      }));
    },
  };
}

function parseCommit(message: StoredMsg): StoredCommit | UnreadableCommit {
  const decoded = decodeCommit(message.string());
  return decoded.status === 'commit'
    ? { status: 'stored', commit: decoded.commit, seq: message.seq }
    : decoded;
}

function parseWaiting(message: StoredMsg): WaitingCommand {
  const place = { seq: message.seq, storedAt: message.time.toISOString() };
  try {
    const command = commandEnvelopeSchema.parse(message.json());
    return { ...place, content: { status: 'command', command } };
  } catch (error) {
    return { ...place, content: { status: 'unreadable', reason: describeError(error) } };
  }
}
