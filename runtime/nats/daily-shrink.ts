/** Makes small what ended actors have left, at the start and once a day. Ages of streams are the server's to apply. */
import { describeError } from '../contract/errors.ts';
import type { WorkerLog } from '../worker/log.ts';
import type { Storage } from './open-storage.ts';
import { dayMs, type Retention } from './retention.ts';

/** Returns the way to stop. */
export function startDailyShrink(
  storage: Pick<Storage, 'shrinkEndedActors'>,
  { endedActorsDays }: Retention,
  log: WorkerLog,
): () => Promise<void> {
  if (endedActorsDays === 0) return () => Promise.resolve();
  const stopping = new AbortController();
  const shrink = async (): Promise<void> => {
    try {
      const beforeMs = Date.now() - endedActorsDays * dayMs;
      const count = await storage.shrinkEndedActors(beforeMs, stopping.signal);
      if (count > 0) log.info('ended actors made small', { count, endedActorsDays });
    } catch (error) {
      // The next day finds them again.
      log.warn('ended actors were not made small', { error: describeError(error) });
    }
  };
  let running = shrink();
  const timer = setInterval(() => {
    running = running.then(shrink);
  }, dayMs);
  return async () => {
    clearInterval(timer);
    stopping.abort();
    await running;
  };
}
