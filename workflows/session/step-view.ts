/**
 * What the agent gets to see: the current step and nothing of a later one, or the end. Derived from
 * definition and state alone, so that it can be shown again after a restart.
 */
import { renderText } from '../language/placeholders.ts';
import type { StepDefinition, WorkflowDefinition } from '../language/definition.schema.ts';
import type { ArtifactName, ToolName } from '../language/vocabulary.ts';
import { defaultMinNotesLength, maxNotesLength, toolNames } from '../language/vocabulary.ts';
import type { StepRecord, WorkflowArtifacts, WorkflowState } from './workflow-state.ts';
import { assertPinned, getStep, maxReasonLength } from './workflow-state.ts';

export interface StepRequirements {
  /** Characters, without the blanks around them. */
  readonly notes: { readonly minLength: number; readonly maxLength: number };
  readonly artifact: ArtifactName | null;
}

export interface StepView {
  readonly id: string;
  /** From 0; `of` is the number of steps in the workflow. */
  readonly index: number;
  readonly of: number;
  readonly instance: number;
  readonly round: number;
  readonly title: string;
  /** Complete: title, the author's text, the reason for rework, and how to finish the step. */
  readonly prompt: string;
  /** The tools that may be used, `complete_step` not among them: it always may. */
  readonly tools: readonly ToolName[];
  readonly requires: StepRequirements;
  /** What the completion of this step must carry. */
  readonly token: string;
}

export type WorkflowNext =
  | { readonly type: 'step'; readonly step: StepView }
  | {
      readonly type: 'finished';
      readonly artifacts: WorkflowArtifacts;
      /** Oldest first; the newest of every step is among them. */
      readonly notes: readonly StepRecord[];
    }
  | { readonly type: 'exhausted'; readonly stepId: string; readonly blocked: number };

/** What comes next in a state. Errors: `SB_WORKFLOW_INVALID` for another definition than the pinned one. */
export function describeNext(definition: WorkflowDefinition, state: WorkflowState): WorkflowNext {
  assertPinned(definition, state);
  return viewNext(definition, state);
}

/** `describeNext` for callers that have checked the definition. */
export function viewNext(definition: WorkflowDefinition, state: WorkflowState): WorkflowNext {
  const step = getStep(definition, state.stepIndex);
  switch (state.phase) {
    case 'finished':
      return { type: 'finished', artifacts: state.artifacts, notes: state.records };
    case 'exhausted':
      return { type: 'exhausted', stepId: step.id, blocked: state.blocked };
    default:
      return { type: 'step', step: viewStep(definition, state, step) };
  }
}

/** The rendered system prompt, for sessions whose workflow has one. */
export function renderSystemPrompt(
  definition: WorkflowDefinition,
  state: WorkflowState,
): string | undefined {
  return definition.systemPrompt === undefined
    ? undefined
    : renderText(definition.systemPrompt, state.inputs);
}

export function readRequirements(step: StepDefinition): StepRequirements {
  const minLength = step.notes?.minLength ?? defaultMinNotesLength;
  return { notes: { minLength, maxLength: maxNotesLength }, artifact: step.artifact ?? null };
}

function viewStep(
  definition: WorkflowDefinition,
  state: WorkflowState,
  step: StepDefinition,
): StepView {
  const requires = readRequirements(step);
  return {
    id: step.id,
    index: state.stepIndex,
    of: definition.steps.length,
    instance: state.instance,
    round: state.round,
    title: step.title,
    prompt: [
      `# ${step.title} (step ${state.stepIndex + 1} of ${definition.steps.length})`,
      ...describeRework(definition, state, step),
      renderText(step.prompt, state.inputs).trim(),
      describeFinish(requires),
    ].join('\n\n'),
    tools: step.tools ?? toolNames,
    requires,
    token: state.token,
  };
}

/** Said once per round, in the step it starts from. */
function describeRework(
  definition: WorkflowDefinition,
  state: WorkflowState,
  step: StepDefinition,
): readonly string[] {
  if (state.reworkReason === null || step.id !== definition.reworkFrom) return [];
  const isCut = state.reworkReason.length > maxReasonLength;
  const reason = state.reworkReason.slice(0, maxReasonLength).split('\n');
  if (isCut) reason.push('… (cut here: the reason is longer)');
  return [
    `The work was handed over and has come back (rework ${state.round}), for this reason:`,
    reason.map((line) => `> ${line}`.trimEnd()).join('\n'),
    'Do this step again for that reason only, on top of what is already done.',
  ];
}

function describeFinish({ notes, artifact }: StepRequirements): string {
  const artifactPart = artifact === null ? '' : ` and \`artifacts.${artifact}\``;
  return (
    `When the step is done, call \`complete_step\` with \`notes\` of ${notes.minLength} to ` +
    `${notes.maxLength} characters${artifactPart}. The next step is shown after that.`
  );
}
