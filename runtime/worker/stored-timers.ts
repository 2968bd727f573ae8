/** Puts back the stored messages of one actor's timers that are not there. */
import type { ActorAddress } from '../contract/address.ts';
import { withTrace } from '../contract/trace.ts';
import type { Commit } from '../core/commit.ts';
import { timerCommand } from '../core/relay.ts';
import type { Clock, RelayMessage } from '../core/storage.ts';
import type { TimerStore } from '../core/timer-store.ts';
import { memoryTimerLimitMs } from './memory-timers.ts';

/** Timers looked for at once. */
const lookUps = 64;

/**
 * The messages that are missing. Timers that come due soon are left out: they run in memory, and their messages may
 * just have been delivered.
 */
export async function listMissingTimers(
  timers: Pick<TimerStore, 'find'>,
  clock: Clock,
  address: ActorAddress,
  commit: Commit,
): Promise<readonly RelayMessage[]> {
  const nowMs = clock.nowMs();
  const later = Object.entries(commit.timers).filter(
    ([, { atMs }]) => atMs - nowMs > memoryTimerLimitMs,
  );
  const missing: RelayMessage[] = [];
  for (let first = 0; first < later.length; first += lookUps) {
    const messages = later.slice(first, first + lookUps).map(async ([timerId, timer]) => {
      const storedMs = await timers.find(address, timerId);
      if (storedMs === timer.atMs) return [];
      // An id of its own: the store may know that of the message that was lost.
      const messageId = `${address.kind}.${address.id}:${timerId}:${timer.generation}:again:${nowMs}`;
      const { atMs, generation, trace } = timer;
      const command = timerCommand(messageId, commit.at, {
        timerId,
        generation,
        ...withTrace(trace),
      });
      return [{ type: 'timer' as const, messageId, owner: address, timerId, atMs, command }];
    });
    missing.push(...(await Promise.all(messages)).flat());
  }
  return missing;
}
