/** What a session can be told, and what it tells. */
import type { JsonObject } from '../../runtime/contract/json.ts';
import type { ToolOutcome } from '../../runtime/contract/transcript.ts';
import type { StepView } from '../../workflows/session/step-view.ts';
import type { Worktree } from '../ports/repository.ts';
import type { SessionEnd } from './session.schema.ts';

export type SessionCommand =
  /** From the work queue: the session may work now. */
  | { readonly type: 'takeSlot' }
  /** From the work queue: too many wait already. */
  | { readonly type: 'refuseSlot'; readonly reason: string }
  /** From a person or an actor: read at the next turn boundary; wakes a parked session. */
  | {
      readonly type: 'steer';
      readonly text: string;
      readonly from: string;
      readonly request?: string;
    }
  /** From the coordinator: the handoff is dealt with. Until then steers wait: nobody edits what is being delivered. */
  | { readonly type: 'park' }
  /** From the coordinator: there is nothing left to do, clean up. */
  | { readonly type: 'complete'; readonly reason: string }
  | { readonly type: 'kill'; readonly reason: string };

export type SessionEvent =
  | {
      readonly type: 'sessionQueued';
      readonly goal: string;
      readonly run: string;
      readonly workflow: string;
    }
  | { readonly type: 'sessionPreparing'; readonly worktree: string; readonly branch: string }
  | {
      readonly type: 'stepStarted';
      readonly step: string;
      readonly title: string;
      readonly index: number;
      readonly of: number;
      readonly round: number;
    }
  | {
      readonly type: 'modelCalled';
      readonly turn: number;
      readonly calls: readonly string[];
      readonly usage: JsonObject;
    }
  | { readonly type: 'toolStarted'; readonly tool: string; readonly toolCall: string }
  | {
      readonly type: 'toolFinished';
      readonly tool: string;
      readonly toolCall: string;
      readonly outcome: ToolOutcome;
      readonly exitCode?: number | null;
      readonly durationMs?: number;
    }
  | { readonly type: 'stepCompleted'; readonly step: string; readonly notes: string }
  | { readonly type: 'stepBlocked'; readonly step: string; readonly attempts: number }
  | {
      readonly type: 'handedOver';
      readonly round: number;
      readonly title: string;
      readonly artifact: string;
    }
  | { readonly type: 'sessionParked'; readonly round: number }
  | { readonly type: 'steered'; readonly text: string; readonly from: string }
  | { readonly type: 'steerRefused'; readonly reason: string }
  | { readonly type: 'worktreeRemoved'; readonly worktree: string }
  | { readonly type: 'worktreeKept'; readonly worktree: string; readonly reason: string }
  | { readonly type: 'sessionCompleted'; readonly reason: string }
  | { readonly type: 'sessionFailed'; readonly code: string; readonly reason: string }
  | { readonly type: 'sessionKilled'; readonly reason: string };

export function describeStep({ id, title, index, of, round }: StepView): SessionEvent {
  return { type: 'stepStarted', step: id, title, index, of, round };
}

/** A session that did not complete leaves its worktree as it is, uncommitted changes and all. */
export function describeKept({ path, branch }: Worktree): SessionEvent {
  const reason = `what the session has done, committed or not, is there on branch ${branch}`;
  return { type: 'worktreeKept', worktree: path, reason };
}

export function describeEnd(end: SessionEnd | null): SessionEvent {
  switch (end?.outcome) {
    case 'completed':
      return { type: 'sessionCompleted', reason: end.reason };
    case 'failed':
      return { type: 'sessionFailed', code: end.code, reason: end.reason };
    default:
      return { type: 'sessionKilled', reason: end?.reason ?? 'ended without a reason' };
  }
}
