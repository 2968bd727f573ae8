/** One attempt of an effect: its deadline, its cancellation, and the watch over its progress. */
import { SignalboxError } from '../contract/errors.ts';
import type { EffectContext } from '../core/effect-definition.ts';
import type { Clock } from '../core/storage.ts';
import { watchStall, type Stall } from './stall-watch.ts';

export type AttemptContext = Pick<EffectContext, 'signal' | 'progress'>;

export interface AttemptLimits {
  readonly deadlineMs: number;
  readonly stallAfterMs: number | undefined;
  readonly clock: Clock;
  /** Cuts the attempt off from outside. */
  readonly signal: AbortSignal;
  readonly stalled: (stall: Stall) => void;
}

/** Throws what the attempt throws, `SB_EFFECT_DEADLINE`, or `SB_EFFECT_CANCELLED`. */
export async function attemptWithin<Value>(
  { deadlineMs, stallAfterMs, clock, signal, stalled }: AttemptLimits,
  execute: (context: AttemptContext) => Promise<Value>,
): Promise<Value> {
  const ending = createEnding();
  const cancel = (): void => {
    ending.end(cancelled(signal.reason));
  };
  const cancelTimer = clock.schedule(clock.nowMs() + deadlineMs, () => {
    ending.end(new SignalboxError('SB_EFFECT_DEADLINE', `did not finish within ${deadlineMs} ms`));
  });
  if (signal.aborted) cancel();
  else signal.addEventListener('abort', cancel, { once: true });
  const watch = watchStall(clock, stallAfterMs, stalled);
  try {
    return await new Promise<Value>((resolve, reject) => {
      // An effect whose code ignores its signal must not hold the worker.
      ending.notify(reject);
      const context: AttemptContext = {
        get signal() {
          return ending.signal;
        },
        progress: (note?: string) => {
          watch.progress(note);
        },
      };
      execute(context).then(resolve, reject);
    });
  } catch (error) {
    // What the code throws when it is aborted is about the abort, whose reason is the better one.
    throw ending.reason ?? error;
  } finally {
    watch.stop();
    cancelTimer();
    signal.removeEventListener('abort', cancel);
  }
}

/** What cuts an attempt off. Most effects never ask for the signal, which costs more than a short effect: it is made then. */
interface Ending {
  readonly reason: SignalboxError | undefined;
  readonly signal: AbortSignal;
  end(reason: SignalboxError): void;
  /** Calls back at once when it has ended before. */
  notify(ended: (reason: SignalboxError) => void): void;
}

function createEnding(): Ending {
  let reason: SignalboxError | undefined;
  let controller: AbortController | undefined;
  let ended: ((reason: SignalboxError) => void) | undefined;
  return {
    get reason() {
      return reason;
    },
    get signal() {
      controller ??= new AbortController();
      if (reason !== undefined) controller.abort(reason);
      return controller.signal;
    },
    end: (why) => {
      if (reason !== undefined) return;
      reason = why;
      controller?.abort(why);
      ended?.(why);
    },
    notify: (callback) => {
      ended = callback;
      if (reason !== undefined) callback(reason);
    },
  };
}

export function cancelled(reason: unknown): SignalboxError {
  return reason instanceof SignalboxError
    ? reason
    : new SignalboxError('SB_EFFECT_CANCELLED', 'was cancelled before it finished', {
        cause: reason,
      });
}
