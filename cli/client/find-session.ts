/** Names of sessions as people type them: the session's id, or its run's. */
import type { HistoryReader } from '../../runtime/core/ports.ts';
import type { ActorSummary } from '../../runtime/contract/run-view.ts';
import { SignalboxError } from '../../runtime/contract/errors.ts';

/** Throws `SB_NOT_FOUND` with what to do. */
export async function findSession(history: HistoryReader, name: string): Promise<ActorSummary> {
  const found =
    (await history.getActor({ kind: 'session', id: name })) ??
    (await history.getActor({ kind: 'session', id: `${name}::session` }));
  if (found !== undefined) return found;
  throw new SignalboxError('SB_NOT_FOUND', `there is no session "${name}"`, {
    next: '`signalbox session list` shows the ones there are.',
  });
}
