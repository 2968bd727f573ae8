/** Tool calls as the events tell of them: which of them run at this moment. */
import type { StoredEvent } from '../../runtime/contract/event.ts';

/** The ids of the calls that a session has started and not finished; none when it has ended. */
export function listRunningTools(
  events: readonly StoredEvent[],
  session: string | undefined,
): ReadonlySet<string> {
  const running = new Set<string>();
  for (const { actor, type, data, status } of events) {
    if (actor !== session) continue;
    const { toolCall } = data;
    if (status !== 'active') running.clear();
    else if (type === 'toolStarted' && typeof toolCall === 'string') running.add(toolCall);
    else if (type === 'toolFinished' && typeof toolCall === 'string') running.delete(toolCall);
  }
  return running;
}
