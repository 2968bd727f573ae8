/** What a coordinator can be told, and what it tells. */
import type { MergeRequestEnd } from '../merge-request/merge-request.schema.ts';
import type { ReceiveHandoff, ReworkRefused, SessionEnd } from '../session/session.schema.ts';
import type { RunEnd } from './run-spec.schema.ts';

export type CoordinatorCommand =
  | ReceiveHandoff
  | ReworkRefused
  | { readonly type: 'xstate.done.actor.session'; readonly output: SessionEnd }
  | { readonly type: 'xstate.error.actor.session'; readonly error: unknown }
  | { readonly type: 'xstate.done.actor.merge-request'; readonly output: MergeRequestEnd }
  | { readonly type: 'xstate.error.actor.merge-request'; readonly error: unknown };

export type CoordinatorEvent =
  | {
      readonly type: 'runStarted';
      readonly goal: string;
      readonly repository: string;
      readonly workflow: string;
      readonly source: string;
    }
  | {
      readonly type: 'sessionStarted';
      readonly session: string;
      readonly branch: string;
      readonly baseBranch: string;
      readonly origin: string;
    }
  | { readonly type: 'handoffReceived'; readonly round: number; readonly title: string }
  | {
      readonly type: 'proofRecorded';
      readonly round: number;
      readonly verdict: string;
      readonly command: string | null;
      readonly exitCode: number | null;
      readonly durationMs: number;
      readonly declaredFiles: readonly string[];
      readonly changedFiles: readonly string[];
      readonly undeclared: readonly string[];
      readonly missing: readonly string[];
      readonly sideEffects: readonly string[];
      readonly output: string | null;
    }
  | { readonly type: 'reworkRequested'; readonly reason: string; readonly attempt: number }
  | {
      readonly type: 'changeCommitted';
      readonly sha: string;
      readonly subject: string;
      readonly commits: number;
    }
  | { readonly type: 'branchPushed'; readonly sha: string; readonly branch: string }
  /** The change is with its merge request; the run waits for what becomes of it. */
  | { readonly type: 'changeHandedToMergeRequest'; readonly sha: string }
  | { readonly type: 'runCompleted'; readonly outcome: RunEnd['outcome']; readonly reason: string }
  | { readonly type: 'runFailed'; readonly outcome: RunEnd['outcome']; readonly reason: string };
