/** Starts a session's walk through a workflow. */
import { z } from 'zod';
import { SignalboxError } from '../../runtime/contract/errors.ts';
import type { WorkflowDefinition } from '../language/definition.schema.ts';
import { hashDefinition } from '../language/definition-hash.ts';
import { createToken } from './step-token.ts';
import { viewNext } from './step-view.ts';
import type { WorkflowNext } from './step-view.ts';
import type { WorkflowInputs, WorkflowState } from './workflow-state.ts';
import { workflowInputsSchema } from './workflow-state.ts';

export interface StartedWorkflow {
  readonly state: WorkflowState;
  readonly next: WorkflowNext;
}

/** Errors: `SB_INPUT_INVALID` for a missing, blank or unknown input. */
export function startWorkflow(
  definition: WorkflowDefinition,
  inputs: WorkflowInputs,
): StartedWorkflow {
  const parsed = workflowInputsSchema.safeParse(inputs);
  if (!parsed.success) {
    throw new SignalboxError(
      'SB_INPUT_INVALID',
      `workflow ${definition.id} cannot start: ${z.prettifyError(parsed.error)}`,
      { next: `Pass ${Object.keys(workflowInputsSchema.shape).join(', ')}.`, cause: parsed.error },
    );
  }
  const hash = hashDefinition(definition);
  const { sessionId } = parsed.data;
  const state: WorkflowState = {
    v: 1,
    workflow: { id: definition.id, version: definition.version, hash },
    inputs: parsed.data,
    phase: 'running',
    stepIndex: 0,
    instance: 1,
    round: 0,
    reworkReason: null,
    blocked: 0,
    token: createToken({ sessionId, definitionHash: hash, instance: 1, attempt: 0 }),
    answered: null,
    records: [],
    artifacts: {},
  };
  return { state, next: viewNext(definition, state) };
}
