/**
 * Answers a completion: advanced, blocked, exhausted or refused. Pure; the work per call depends on
 * the definition and the completion, not on how many steps the session has behind it.
 */
import { hashJson } from '../language/definition-hash.ts';
import type { WorkflowDefinition } from '../language/definition.schema.ts';
import type { JsonObject } from '../../runtime/contract/json.ts';
import type { BlockReason, CompletionRules, StepCompletion } from './completion-check.ts';
import { checkCompletion } from './completion-check.ts';
import { createToken, judgeToken } from './step-token.ts';
import type { TokenJudgement, TokenPlace } from './step-token.ts';
import { viewNext } from './step-view.ts';
import type { WorkflowNext } from './step-view.ts';
import type { StepRecord, WorkflowState } from './workflow-state.ts';
import {
  assertPinned,
  getStep,
  maxBlockedCompletions,
  maxSupersededRecords,
} from './workflow-state.ts';

export interface BlockedAnswer {
  readonly state: WorkflowState;
  readonly reasons: readonly BlockReason[];
  /** A filled-in input of `complete_step`. */
  readonly example: JsonObject;
}

type RefusalCode = 'ended' | 'contentDiffers' | Exclude<TokenJudgement, 'current'>;

export type AdvancedWorkflow =
  | { readonly status: 'advanced'; readonly state: WorkflowState; readonly next: WorkflowNext }
  /** The step stays current. The state has a new token for the next attempt. */
  | ({ readonly status: 'blocked' } & BlockedAnswer)
  /** Blocked for the last time: the workflow accepts nothing more, and someone must look. */
  | ({ readonly status: 'exhausted' } & BlockedAnswer)
  /** Nothing changed. */
  | { readonly status: 'refused'; readonly code: RefusalCode; readonly reason: string };

/**
 * A repeat of the last answered completion (same token, same content) gets the same answer, with
 * `state` itself: nothing is counted twice.
 * Errors: `SB_WORKFLOW_INVALID` for another definition than the pinned one.
 */
export function advanceWorkflow(
  definition: WorkflowDefinition,
  state: WorkflowState,
  completion: StepCompletion,
  rules: CompletionRules,
): AdvancedWorkflow {
  assertPinned(definition, state);
  const digest = hashJson([completion.notes ?? null, completion.artifacts ?? null]);
  if (completion.token === state.answered?.token) {
    return digest === state.answered.digest
      ? repeatAnswer(definition, state, completion, rules)
      : refuse(state, 'contentDiffers');
  }
  if (state.phase !== 'running') return refuse(state, 'ended');
  const judgement = judgeToken(completion.token, readPlace(state));
  if (judgement !== 'current') return refuse(state, judgement);

  const step = getStep(definition, state.stepIndex);
  const answered = { token: completion.token, digest };
  const checked = checkCompletion(step, completion, rules);
  if (!checked.ok) {
    const blocked = blockStep({ ...state, answered });
    return answerBlocked(blocked, checked);
  }
  const record: StepRecord = {
    stepId: step.id,
    instance: state.instance,
    round: state.round,
    notes: checked.notes,
  };
  const advanced = enterNextStep(definition, {
    ...state,
    answered,
    records: addRecord(state.records, record),
    artifacts: { ...state.artifacts, ...checked.artifacts },
  });
  return { status: 'advanced', state: advanced, next: viewNext(definition, advanced) };
}

/** Only a blocked or exhausted last answer leaves a count behind. */
function repeatAnswer(
  definition: WorkflowDefinition,
  state: WorkflowState,
  completion: StepCompletion,
  rules: CompletionRules,
): AdvancedWorkflow {
  if (state.blocked === 0) return { status: 'advanced', state, next: viewNext(definition, state) };
  const checked = checkCompletion(getStep(definition, state.stepIndex), completion, rules);
  return checked.ok ? refuse(state, 'olderAttempt') : answerBlocked(state, checked);
}

function answerBlocked(
  state: WorkflowState,
  { reasons, example }: Omit<BlockedAnswer, 'state'>,
): AdvancedWorkflow {
  const status = state.phase === 'exhausted' ? 'exhausted' : 'blocked';
  return { status, state, reasons, example };
}

function blockStep(state: WorkflowState): WorkflowState {
  const blocked = state.blocked + 1;
  if (blocked >= maxBlockedCompletions) return { ...state, blocked, phase: 'exhausted' };
  return withToken({ ...state, blocked });
}

function enterNextStep(definition: WorkflowDefinition, state: WorkflowState): WorkflowState {
  const stepIndex = state.stepIndex + 1;
  if (stepIndex === definition.steps.length) return { ...state, blocked: 0, phase: 'finished' };
  return withToken({ ...state, stepIndex, instance: state.instance + 1, blocked: 0 });
}

/** Gives a state the token of its place. */
export function withToken(state: WorkflowState): WorkflowState {
  return { ...state, token: createToken(readPlace(state)) };
}

function readPlace(state: WorkflowState): TokenPlace {
  return {
    sessionId: state.inputs.sessionId,
    definitionHash: state.workflow.hash,
    instance: state.instance,
    attempt: state.blocked,
  };
}

/** Drops the oldest records of steps that were done again since, beyond the limit. */
function addRecord(records: readonly StepRecord[], record: StepRecord): readonly StepRecord[] {
  const all = [...records, record];
  const newest = new Map(all.map(({ stepId, instance }) => [stepId, instance]));
  let surplus = all.length - newest.size - maxSupersededRecords;
  if (surplus <= 0) return all;
  return all.filter(({ stepId, instance }) => {
    const isDropped = surplus > 0 && newest.get(stepId) !== instance;
    if (isDropped) surplus -= 1;
    return !isDropped;
  });
}

function refuse(state: WorkflowState, code: RefusalCode): AdvancedWorkflow {
  return { status: 'refused', code, reason: explainRefusal(state, code) };
}

function explainRefusal(state: WorkflowState, code: RefusalCode): string {
  const session = `session ${state.inputs.sessionId}`;
  const reasons: Readonly<Record<RefusalCode, string>> = {
    ended:
      state.phase === 'finished'
        ? `the workflow of ${session} is finished; it goes on only when the work is reopened`
        : `the workflow of ${session} ended after ${state.blocked} blocked completions of one step`,
    contentDiffers: 'this completion was already answered, with other notes or artifacts',
    olderStep: 'the token is of a step that is already completed; complete the current step',
    olderAttempt: 'an earlier attempt at this step was answered since; use the current token',
    notYetGiven: 'the token is of a step that was not given out yet',
    foreign: `the token was not given out by ${session}`,
  };
  return reasons[code];
}
