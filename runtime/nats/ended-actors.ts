/**
 * Makes small what an actor that has ended long ago has left: its last commit is replaced by one that says no more than
 * how it ended, and its conversation goes. The actor stays known, so that a late command is refused and a late start
 * does not make it anew.
 */
import type { JetStreamManager } from '@nats-io/jetstream';
import type { ActorAddress } from '../contract/address.ts';
import { addressOfSubject, stateSubject, transcriptSubject } from '../contract/subjects.ts';
import type { SubjectSpace } from '../contract/subjects.ts';
import { decodeCommit } from '../core/commit-codec.ts';
import type { Commit } from '../core/commit.ts';
import type { Checkpoint, CommitStore } from '../core/storage.ts';
import { checkpointSchema } from './checkpoints.ts';
import { readBatch } from './read-batch.ts';
import type { Bucket } from './buckets.ts';
import { readFailure, unavailable } from './read-failure.ts';
import { stateStream, transcriptsStream } from './streams.ts';

const pageSize = 256;

export interface EndedActorsOptions {
  readonly manager: JetStreamManager;
  readonly commits: CommitStore;
  readonly checkpoints: Bucket;
  readonly space: SubjectSpace;
  /** Actors that have ended before this are made small. */
  readonly beforeMs: number;
  readonly signal: AbortSignal;
}

/** Safe beside workers and beside itself: every replacement is fenced like a commit. Returns how many there were. */
export async function shrinkEndedActors(options: EndedActorsOptions): Promise<number> {
  let count = 0;
  for (let partition = 0; partition < options.space.partitionCount; partition += 1) {
    count += await shrinkPartition(options, partition);
  }
  return count;
}

async function shrinkPartition(options: EndedActorsOptions, partition: number): Promise<number> {
  const { manager, checkpoints, space, beforeMs, signal } = options;
  const stored = await checkpoints.read(`${space.namespace}.${partition}`);
  const checkpoint = checkpointSchema.safeParse(stored?.value);
  if (!checkpoint.success) return 0;
  let count = 0;
  let from = 1;
  while (!signal.aborted) {
    const page = await readBatch(manager, {
      stream: stateStream(partition),
      subject: `a.${partition}.${space.namespace}.>`,
      from,
      limit: pageSize,
      what: `the states of partition ${partition}`,
    });
    for (const message of page) {
      // In the order of time: all that follow are younger.
      if (message.time.getTime() > beforeMs) return count;
      const address = addressOfSubject(message.subject);
      const decoded = decodeCommit(message.string());
      if (address === undefined || decoded.status === 'unreadable') continue;
      if (!isDone(decoded.commit, address, checkpoint.data)) continue;
      if (await shrink(options, address)) count += 1;
    }
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return count;
    from = last.seq + 1;
  }
  return count;
}

/** Ended, not small yet, and all it has caused is carried out: the checkpoint says so. */
function isDone(commit: Commit, { kind, id }: ActorAddress, checkpoint: Checkpoint): boolean {
  return (
    commit.snapshot.status !== 'active' &&
    !isSmall(commit) &&
    commit.inSeq <= checkpoint.offset &&
    !checkpoint.busy.some((busy) => busy.kind === kind && busy.id === id)
  );
}

function isSmall({ snapshot, outbox, seen }: Commit): boolean {
  return (
    outbox.length === 0 &&
    Object.keys(seen).length === 0 &&
    JSON.stringify(snapshot.context) === '{}'
  );
}

async function shrink(options: EndedActorsOptions, address: ActorAddress): Promise<boolean> {
  const { manager, commits, space } = options;
  const last = await commits.load(address);
  if (last?.status !== 'stored' || last.commit.snapshot.status === 'active') return false;
  const outcome = await commits.commit(address, toSmall(last.commit), last.seq);
  if (outcome.status === 'conflict') return false;
  const partition = Number(stateSubject(space, address).split('.')[1]);
  await manager.streams
    .purge(stateStream(partition), { filter: stateSubject(space, address), keep: 1 })
    .catch(unavailable(`older commits of ${address.kind}/${address.id} were not removed`));
  await manager.streams
    .purge(transcriptsStream, { filter: transcriptSubject(space.namespace, address.id) })
    .catch(readFailure(`the conversation of ${address.kind}/${address.id}`));
  return true;
}

/** `at` stays the time of the end. */
function toSmall(commit: Commit): Commit {
  const { value, status } = commit.snapshot;
  return {
    v: commit.v,
    n: commit.n + 1,
    epoch: commit.epoch,
    machine: commit.machine,
    at: commit.at,
    inSeq: commit.inSeq,
    cause: [],
    // The number of its start: with it a late start of the child that it was is ignored.
    ...(commit.parent === undefined ? {} : { parent: commit.parent }),
    snapshot: { value, context: {}, status },
    children: {},
    timers: {},
    generation: commit.generation,
    seen: {},
    outbox: [],
  };
}
