/** Commits on JetStream: one message per transition, fenced by the subject's last sequence. */
import type { ActorAddress } from '../contract/address.ts';
import { SignalboxError } from '../contract/errors.ts';
import { partitionOf, stateSubject, type SubjectSpace } from '../contract/subjects.ts';
import { decodeCommit, encodeCommit } from '../core/commit-codec.ts';
import type { Commit } from '../core/commit.ts';
import { timerTokens } from '../core/timer-store.ts';
import type {
  CommitOutcome,
  CommitStore,
  StoredCommit,
  UnreadableCommit,
} from '../core/storage.ts';
import type { Publisher, PublishRequest } from './publisher.ts';
import type { LastMessageReader } from './last-message.ts';
import { readFailure } from './read-failure.ts';
import { stateStream } from './streams.ts';
import { timersHeader } from './timer-store.ts';

/**
 * What the message of an outbox entry has beyond the entry itself, headers included. A commit that leaves
 * this much room cannot hold an entry that is too large to be relayed.
 */
const envelopeBytes = 4_096;

export function createCommitStore(
  publisher: Publisher,
  space: SubjectSpace,
  readLast: LastMessageReader,
): CommitStore {
  const load = async (
    address: ActorAddress,
  ): Promise<StoredCommit | UnreadableCommit | undefined> => {
    const subject = stateSubject(space, address);
    const stream = stateStream(partitionOf(address, space.partitionCount));
    const message = await readLast(stream, subject).catch(
      readFailure(`the state of ${address.kind}/${address.id}`),
    );
    if (message === null || message === undefined) return undefined;
    const decoded = decodeCommit(message.string());
    return decoded.status === 'unreadable'
      ? decoded
      : { status: 'stored', commit: decoded.commit, seq: message.seq };
  };

  /** Refused: ours, sent twice, if the last commit is the very one we sent. */
  const readBack = async (address: ActorAddress, commit: Commit): Promise<CommitOutcome> => {
    const last = await load(address);
    return last?.status === 'stored' &&
      last.commit.n === commit.n &&
      last.commit.epoch === commit.epoch &&
      last.commit.at === commit.at
      ? { status: 'committed', seq: last.seq }
      : { status: 'conflict' };
  };

  return {
    load,
    commit: async (address, commit, expectedSeq) => {
      const data = Buffer.from(encodeCommit(commit));
      const room = publisher.maxPayloadBytes - envelopeBytes;
      if (data.length > room) {
        throw new SignalboxError(
          'SB_STATE_TOO_LARGE',
          `commit ${commit.n} of ${address.kind}/${address.id} has ${data.length} bytes, more than ${room}`,
          {
            next: 'Keep large values as blobs and only their references in the context and in events.',
          },
        );
      }
      const outcome = await publisher.publish({
        subject: stateSubject(space, address),
        data,
        // This alone makes a repeat harmless (ADR 0039): a message id would be one more thing for the server to remember.
        expectedLastSubjectSeq: expectedSeq,
        ...timersHeaderOf(commit),
      });
      return outcome.status === 'stored'
        ? { status: 'committed', seq: outcome.seq }
        : readBack(address, commit);
    },
  };
}

function timersHeaderOf(commit: Commit): Pick<PublishRequest, 'headers'> {
  const tokens = timerTokens(commit);
  return tokens === undefined ? {} : { headers: { [timersHeader]: tokens } };
}
