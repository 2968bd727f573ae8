/**
 * Reopens a finished workflow for rework: a further instance of the steps from the one the definition
 * names in `reworkFrom`, with fresh tokens. What was done before is kept.
 */
import type { WorkflowDefinition } from '../language/definition.schema.ts';
import { withToken } from './advance-workflow.ts';
import { viewNext } from './step-view.ts';
import type { WorkflowNext } from './step-view.ts';
import type { WorkflowState } from './workflow-state.ts';
import { assertPinned, maxReasonLength, maxReopenings } from './workflow-state.ts';

export type ReopenedWorkflow =
  | { readonly status: 'reopened'; readonly state: WorkflowState; readonly next: WorkflowNext }
  /** Nothing changed. */
  | {
      readonly status: 'refused';
      readonly code: 'notFinished' | 'noRework' | 'limitReached' | 'reasonMissing';
      readonly reason: string;
    };

/**
 * `reason` is shown to the agent in the first step of the round.
 * Errors: `SB_WORKFLOW_INVALID` for another definition than the pinned one.
 */
export function reopenWorkflow(
  definition: WorkflowDefinition,
  state: WorkflowState,
  reason: string,
): ReopenedWorkflow {
  assertPinned(definition, state);
  const session = `session ${state.inputs.sessionId}`;
  const stepIndex = definition.steps.findIndex(({ id }) => id === definition.reworkFrom);
  if (stepIndex === -1) {
    return {
      status: 'refused',
      code: 'noRework',
      reason: `workflow ${definition.id} has no reworkFrom: start a new session for further work`,
    };
  }
  if (state.phase !== 'finished') {
    const phase = state.phase === 'running' ? 'still running' : 'exhausted';
    return {
      status: 'refused',
      code: 'notFinished',
      reason: `the workflow of ${session} is ${phase}; only a finished one is reopened`,
    };
  }
  if (reason.trim() === '') {
    return {
      status: 'refused',
      code: 'reasonMissing',
      reason: `${session} is reopened only for a reason the agent can act on`,
    };
  }
  if (state.round >= maxReopenings) {
    return {
      status: 'refused',
      code: 'limitReached',
      reason: `${session} was reopened ${state.round} times already: a person must look`,
    };
  }
  const reopened = withToken({
    ...state,
    phase: 'running',
    stepIndex,
    instance: state.instance + 1,
    round: state.round + 1,
    // One character over the limit, so that the view knows that it was cut.
    reworkReason: reason.trim().slice(0, maxReasonLength + 1),
    blocked: 0,
    answered: null,
  });
  return { status: 'reopened', state: reopened, next: viewNext(definition, reopened) };
}
