/**
 * Keeps history close behind the stream for as long as the process runs. Owns no state: where to go on is history's
 * position, so it can be stopped or killed at any time.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { SignalboxError, describeError } from '../contract/errors.ts';
import type { EventSource } from '../core/event-source.ts';
import { followSource } from './follow.ts';
import type { History } from './history.ts';
import type { HistoryLog } from './notice.ts';
import { createPositionWaiters } from './position-waiters.ts';

/** Between two attempts to read a stream or write a file that fails: often enough to go unnoticed once it is back. */
const defaultRetryDelayMs = 1_000;

export interface Projector {
  /** Idempotent. A stopped projector may be started again. */
  start(): void;
  /** Resolves when the batch under way is committed. Idempotent. */
  stop(): Promise<void>;
  /** Resolves when history holds every event up to `seq`; rejects when the projector is stopped before. */
  waitFor(seq: number): Promise<void>;
}

export interface ProjectorOptions {
  readonly history: History;
  readonly source: EventSource;
  readonly log: HistoryLog;
  readonly retryDelayMs?: number;
}

interface Running {
  readonly controller: AbortController;
  readonly ended: Promise<void>;
}

export function createProjector(options: ProjectorOptions): Projector {
  const waiters = createPositionWaiters();
  let running: Running | undefined;
  return {
    start: () => {
      if (running !== undefined) return;
      const controller = new AbortController();
      running = { controller, ended: project(options, waiters.advance, controller.signal) };
    },
    stop: async () => {
      if (running === undefined) return;
      const { controller, ended } = running;
      controller.abort();
      await ended;
      if (running?.controller !== controller) return;
      running = undefined;
      waiters.rejectAll();
    },
    waitFor: (seq) => waiters.waitFor(seq),
  };
}

/** Follows the source until aborted; a failure is told once per cause and tried again. */
async function project(
  options: ProjectorOptions,
  advance: (seq: number) => void,
  signal: AbortSignal,
): Promise<void> {
  let position: number | undefined;
  let failure: { readonly text: string; readonly at: number | undefined } | undefined;
  while (!signal.aborted) {
    try {
      for await (const throughSeq of followSource({ ...options, signal })) {
        position = throughSeq;
        advance(throughSeq);
        // Being back where it failed is no progress: the same batch may fail again.
        if (failure === undefined || failure.at === throughSeq) continue;
        failure = undefined;
        const message = `History goes on; it holds the events through ${throughSeq}.`;
        options.log({ type: 'resumed', message, throughSeq });
      }
      if (!signal.aborted) throw endedEarly();
    } catch (error) {
      // What a reader throws because it was told to end is no failure.
      if (signal.aborted) return;
      const text = describeError(error);
      if (text !== failure?.text) {
        const message = `History has stopped following the events and tries again: ${text}`;
        options.log({ type: 'interrupted', message, error });
      }
      failure = { text, at: position };
      await waitUnlessAborted(options.retryDelayMs ?? defaultRetryDelayMs, signal);
    }
  }
}

function endedEarly(): SignalboxError {
  return new SignalboxError('SB_HISTORY_FAILED', 'the event stream ended while it was read', {
    retryable: true,
  });
}

async function waitUnlessAborted(delayMs: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(delayMs, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
