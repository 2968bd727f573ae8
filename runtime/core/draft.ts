/** What one step collects on its way to a commit: outbox entries, children and timers. */
import type { ActorAddress } from '../contract/address.ts';
import type { Json } from '../contract/json.ts';
import { withTrace } from '../contract/trace.ts';
import type { TreeLimits } from '../contract/tree-limits.ts';
import type { ChildRecord, Commit, OutboxEntry } from './commit.ts';

type WithoutIndex<Entry> = Entry extends OutboxEntry ? Omit<Entry, 'i'> : never;
export type DraftEntry = WithoutIndex<OutboxEntry>;

export interface Draft {
  readonly address: ActorAddress;
  readonly n: number;
  readonly nowMs: number;
  /** Of the commit in the making: what it starts belongs to it. */
  readonly trace: string | undefined;
  generation: number;
  entries: DraftEntry[];
  children: Record<string, ChildRecord>;
  timers: Commit['timers'];
  /** Handed down when the actor was started; absent for one that has those of its kind. */
  limits: TreeLimits | undefined;
}

export function beginDraft(
  address: ActorAddress,
  previous: Commit | undefined,
  nowMs: number,
  trace?: string,
): Draft {
  return {
    address,
    n: (previous?.n ?? 0) + 1,
    nowMs,
    trace,
    generation: previous?.generation ?? 0,
    entries: [],
    children: { ...previous?.children },
    timers: { ...previous?.timers },
    limits: previous?.limits,
  };
}

/** A copy to go back to when a command turns out to be poison. */
export function copyDraft(draft: Draft): Draft {
  return {
    ...draft,
    entries: [...draft.entries],
    children: { ...draft.children },
    timers: { ...draft.timers },
  };
}

/** What comes due. With `restartOf` it is the restart of the child of that name, and nothing for the machine. */
export interface TimerTask {
  readonly event: { readonly type: string };
  readonly restartOf?: string;
}

export function setTimer(draft: Draft, timerId: string, delayMs: number, task: TimerTask): void {
  cancelTimer(draft, timerId);
  draft.generation += 1;
  const atMs = draft.nowMs + Math.max(0, delayMs);
  const { generation, trace } = draft;
  draft.timers[timerId] = { generation, atMs, ...task, ...withTrace(trace) };
  draft.entries.push({ type: 'setTimer', timerId, generation, atMs });
}

/**
 * One that this very commit has set is never stored: the messages of a commit leave at once, and the one that is
 * stored last must not be the one that was meant first.
 */
export function cancelTimer(draft: Draft, timerId: string): void {
  if (!(timerId in draft.timers)) return;
  delete draft.timers[timerId];
  const set = draft.entries.findIndex(
    (entry) => entry.type === 'setTimer' && entry.timerId === timerId,
  );
  if (set >= 0) draft.entries.splice(set, 1);
}

/** Through JSON and back, so that what is applied now is what is read after a restart. */
export function toJson(value: unknown): Json {
  return value === undefined ? null : (JSON.parse(JSON.stringify(value)) as Json);
}
