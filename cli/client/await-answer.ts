/** Waits for what an actor makes of a command: an event that the command caused. */
import type { StoredEvent } from '../../runtime/contract/event.ts';
import { eventsOf, type EventSource } from '../../runtime/core/event-source.ts';

/** Undefined when nothing was heard in time: the command is stored and will be applied. */
export async function awaitAnswer(
  source: EventSource,
  after: number,
  commandId: string,
  timeoutMs: number,
): Promise<StoredEvent | undefined> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    for await (const batch of source.read(after, signal)) {
      const answer = eventsOf(batch).find(({ cause }) => cause.includes(commandId));
      if (answer !== undefined) return answer;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return undefined;
}
