/** What the connection indicator says: live, connecting, reconnecting since, polling, or stale. Pure. */
import { assertNever } from '../../../runtime/contract/errors.ts';
import type { Tone } from '../../folds/run-outcome.ts';
import { formatClockTime } from '../../format/time.ts';
import type { LiveState } from '../../transport/live-state.ts';

/** Without any word from the gateway for this long, what is on the screen may be out of date. */
export const staleAfterMs = 15_000;

export interface ConnectionWords {
  readonly tone: Tone;
  readonly label: string;
  readonly detail: string;
}

export function describeConnection(
  state: LiveState,
  heardMs: number,
  nowMs: number,
): ConnectionWords {
  if (state.phase !== 'live' && nowMs - heardMs > staleAfterMs) {
    return {
      tone: 'bad',
      label: `Stale since ${formatClockTime(heardMs)}`,
      detail:
        'The gateway does not answer. What is shown may be out of date; is signalbox still running?',
    };
  }
  switch (state.phase) {
    case 'live':
      return {
        tone: 'good',
        label: 'Live',
        detail: `Live since ${formatClockTime(state.sinceMs)}`,
      };
    case 'connecting':
      return { tone: 'neutral', label: 'Connecting', detail: 'Opening the live connection' };
    case 'reconnecting':
      return {
        tone: 'warning',
        label: `Reconnecting since ${formatClockTime(state.sinceMs)}`,
        detail: `${state.reason}. Nothing is lost: what was missed is fetched.`,
      };
    case 'polling':
      return { tone: 'waiting', label: 'Polling', detail: `No live connection: ${state.reason}` };
    default:
      return assertNever(state);
  }
}
