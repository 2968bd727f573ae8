/** Follows the events of one run, from the first one on, until the caller has seen enough. */
import { isInTree } from '../../runtime/contract/actor-tree.ts';
import type { StoredEvent } from '../../runtime/contract/event.ts';
import { eventsOf, type EventSource } from '../../runtime/core/event-source.ts';

/** Calls `seen` for every event of the run in order; ends when it answers `stop` or the signal aborts. */
export async function followRun(
  source: EventSource,
  run: string,
  signal: AbortSignal,
  seen: (event: StoredEvent) => 'go on' | 'stop',
): Promise<void> {
  const ended = new AbortController();
  try {
    for await (const batch of source.read(0, AbortSignal.any([signal, ended.signal]))) {
      for (const event of eventsOf(batch)) {
        if (isInTree(run, event.actor) && seen(event) === 'stop') return;
      }
    }
  } catch (error) {
    // The source may end a reading by throwing when its signal aborts.
    if (!signal.aborted) throw error;
  } finally {
    ended.abort();
  }
}
