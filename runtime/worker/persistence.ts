/** Keeps trying while the store is away or full: nothing that was accepted is given up because of it. */
import { SignalboxError } from '../contract/errors.ts';
import type { Clock } from '../core/storage.ts';
import type { WorkerLog } from './log.ts';

const firstDelayMs = 100;
const longestDelayMs = 2_000;

/** Repeats `run` while it fails with a retryable error and the signal is not aborted. */
export async function persistently<Value>(
  context: { readonly clock: Clock; readonly log: WorkerLog; readonly signal: AbortSignal },
  what: string,
  run: () => Promise<Value>,
): Promise<Value> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await run();
    } catch (error) {
      const retryable = error instanceof SignalboxError && error.retryable;
      if (!retryable || context.signal.aborted) throw error;
      if (attempt === 0)
        context.log.warn(`waiting for the store: ${error.message}`, { what, code: error.code });
      await delay(context, Math.min(longestDelayMs, firstDelayMs * 2 ** attempt));
    }
  }
}

function delay(
  context: { readonly clock: Clock; readonly signal: AbortSignal },
  delayMs: number,
): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      cancel();
      context.signal.removeEventListener('abort', wake);
      resolve();
    };
    const cancel = context.clock.schedule(context.clock.nowMs() + delayMs, wake);
    context.signal.addEventListener('abort', wake);
  });
}
