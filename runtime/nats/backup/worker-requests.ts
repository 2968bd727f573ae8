/**
 * Asking all workers at once, over core NATS: for a checkpoint, or to hold their writes back (runtime/worker/write-gate.ts).
 * Who asks cannot know that every worker has heard it: what is copied meanwhile is checked for writes by who copies.
 */
import { NoRespondersError, type NatsConnection } from '@nats-io/nats-core';
import { z } from 'zod';
import { assertNever, describeError } from '../../contract/errors.ts';
import { workerRequestSubject } from '../../contract/subjects.ts';
import { unavailable } from '../read-failure.ts';
import type { WorkerLog } from '../../worker/log.ts';
import type { Worker } from '../../worker/worker.ts';
import type { WriteGate } from '../../worker/write-gate.ts';

/** A hold ends by itself after this long; it is renewed while it is needed. */
export const holdForMs = 6_000;
const renewEveryMs = 2_000;
/** Answers come when what is under way has been written; the last of several is waited for this long. */
const answersWithinMs = 5_000;
const lastAnswerAfterMs = 300;

const requestSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hold'), forMs: z.number().int().positive() }),
  z.object({ type: z.literal('release') }),
  z.object({ type: z.literal('checkpoint') }),
]);
type WorkerRequest = z.infer<typeof requestSchema>;

const answerSchema = z.object({ workerId: z.string() });

export interface AskedWorker {
  readonly namespace: string;
  readonly workerId: string;
  /** What the worker writes through. */
  readonly gate: WriteGate;
  readonly worker: Pick<Worker, 'saveCheckpoints'>;
}

/** Returns the way to stop answering; what is held is released then. */
export function answerWorkerRequests(
  connection: NatsConnection,
  { namespace, workerId, gate, worker }: AskedWorker,
  log: WorkerLog,
): () => void {
  const carryOut = async (request: WorkerRequest): Promise<void> => {
    switch (request.type) {
      case 'hold':
        return gate.hold(request.forMs);
      case 'release':
        return gate.release();
      case 'checkpoint':
        return worker.saveCheckpoints();
      default:
        return assertNever(request);
    }
  };
  const subject = workerRequestSubject(namespace);
  const subscription = connection.subscribe(subject, {
    callback: (error, message) => {
      if (error !== null) return;
      const request = requestSchema.safeParse(message.json());
      if (!request.success) return;
      carryOut(request.data)
        .then(() => message.respond(JSON.stringify({ workerId })))
        .catch((failure: unknown) => {
          log.warn('a request to all workers was not answered', { error: describeError(failure) });
        });
    },
  });
  return () => {
    subscription.unsubscribe();
    gate.release();
  };
}

/** Has all workers save where they are; returns those that did. Throws `SB_NATS_UNAVAILABLE`. */
export function saveCheckpoints(
  connection: NatsConnection,
  namespace: string,
): Promise<readonly string[]> {
  return askAll(connection, workerRequestSubject(namespace), { type: 'checkpoint' });
}

/** Runs `work` while all workers that are heard of hold their writes. Returns who they were, too. */
export async function whileHeld<Value>(
  connection: NatsConnection,
  namespace: string,
  work: () => Promise<Value>,
): Promise<{ readonly value: Value; readonly workers: readonly string[] }> {
  const subject = workerRequestSubject(namespace);
  const hold: WorkerRequest = { type: 'hold', forMs: holdForMs };
  const release: WorkerRequest = { type: 'release' };
  const workers = await askAll(connection, subject, hold);
  const renewal = setInterval(() => {
    connection.publish(subject, JSON.stringify(hold));
  }, renewEveryMs);
  try {
    return { value: await work(), workers };
  } finally {
    clearInterval(renewal);
    connection.publish(subject, JSON.stringify(release));
  }
}

async function askAll(
  connection: NatsConnection,
  subject: string,
  request: WorkerRequest,
): Promise<readonly string[]> {
  const workers: string[] = [];
  try {
    const answers = await connection.requestMany(subject, JSON.stringify(request), {
      strategy: 'stall',
      maxWait: answersWithinMs,
      stall: lastAnswerAfterMs,
    });
    for await (const answer of answers) workers.push(answerSchema.parse(answer.json()).workerId);
  } catch (error) {
    // No worker runs: nothing is written that had to be held.
    if (!(error instanceof NoRespondersError)) unavailable('the workers were not asked')(error);
  }
  return workers;
}
