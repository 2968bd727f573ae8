/** The session's context and the pure functions that change it. Plain JSON; conversations are elsewhere. */
import type { ConversationItem, Usage } from '../../runtime/contract/transcript.ts';
import type { Worktree } from '../ports/repository.ts';
import { startWorkflow } from '../../workflows/session/start-workflow.ts';
import { describeNext, type StepView } from '../../workflows/session/step-view.ts';
import type { WorkflowState } from '../../workflows/session/workflow-state.ts';
import type { SessionEnd, SessionInput } from './session.schema.ts';

/** A conversation item that the next model call puts into the transcript, under this id. */
export type UnsaidItem = { readonly id: string; readonly item: ConversationItem };

export type ToolCall = {
  readonly id: string;
  readonly name: string;
  /** Only of `complete_step`, which the engine answers; other inputs stay in the transcript. */
  readonly input?: unknown;
  /** Why the call cannot be carried out, when its name or input is not acceptable. */
  readonly problem?: string;
};

export type Steer = {
  readonly text: string;
  readonly from: string;
  /** Set by the actors of the run: named in the handoffs that come after the agent has read this. */
  readonly request?: string;
};

export type SessionContext = {
  readonly input: SessionInput;
  readonly workflow: WorkflowState;
  readonly worktree: Worktree | null;
  /** Model calls made. */
  readonly turn: number;
  readonly unsaid: readonly UnsaidItem[];
  /** Numbers prompts, so that each has an id of its own. */
  readonly prompts: number;
  /** The token of the step that the agent saw when it was last asked: what its completions carry. */
  readonly shownToken: string;
  /** Tool calls of this turn that have no result yet. */
  readonly calls: readonly ToolCall[];
  readonly usage: Usage;
  /** Turns in a row without a tool call. */
  readonly idleTurns: number;
  /** Arrived since the last turn boundary. */
  readonly steers: readonly Steer[];
  /** The requests that the agent has been told of, oldest first. */
  readonly answered: readonly string[];
  readonly end: SessionEnd | null;
};

/** Turns in a row in which the agent only talks, before the session gives up on it. */
export const maxIdleTurns = 3;

/** Messages of people that wait for one turn boundary: all of them are part of every commit until then. */
export const maxWaitingSteers = 20;

export function createSessionContext(input: SessionInput): SessionContext {
  const { session, goal, repository, branch, workflow } = input;
  const started = startWorkflow(workflow, {
    sessionId: session,
    goal,
    repository: repository.path,
    branch,
    baseBranch: repository.baseBranch,
  });
  return {
    input,
    workflow: started.state,
    worktree: null,
    turn: 0,
    unsaid: [],
    prompts: 0,
    shownToken: started.state.token,
    calls: [],
    usage: { inputTokens: 0, outputTokens: 0 },
    idleTurns: 0,
    steers: [],
    answered: [],
    end: null,
  };
}

/** The step the session is in; undefined once the workflow has ended. */
export function currentStep(context: SessionContext): StepView | undefined {
  const next = describeNext(context.input.workflow, context.workflow);
  return next.type === 'step' ? next.step : undefined;
}

/** The step, in the states that are only entered while there is one. */
export function requireStep(context: SessionContext): StepView {
  const step = currentStep(context);
  if (step === undefined) throw new Error(`session ${context.input.session} is in no step`);
  return step;
}

function addPrompt(
  context: SessionContext,
  prompt: Omit<Extract<ConversationItem, { type: 'prompt' }>, 'type'>,
): SessionContext {
  const prompts = context.prompts + 1;
  const item: ConversationItem = { type: 'prompt', ...prompt };
  return { ...context, prompts, unsaid: [...context.unsaid, { id: `prompt-${prompts}`, item }] };
}

export function promptCurrentStep(
  context: SessionContext,
  source: 'step' | 'steer',
): SessionContext {
  const step = currentStep(context);
  return step === undefined
    ? context
    : addPrompt(context, { source, stepId: step.id, text: step.prompt });
}

/** At a turn boundary: what was said to the session meanwhile becomes part of the conversation. */
function deliverSteers(context: SessionContext): SessionContext {
  const delivered = context.steers.reduce(
    (current, { from, text }) =>
      addPrompt(current, { source: 'steer', text: `A message for you from ${from}:\n\n${text}` }),
    context,
  );
  return noteSteersRead(delivered);
}

/** The agent knows of every waiting steer: handoffs from now on answer them. */
export function noteSteersRead(context: SessionContext): SessionContext {
  const requests = context.steers.flatMap(({ request }) =>
    request === undefined ? [] : [request],
  );
  return { ...context, steers: [], answered: [...context.answered, ...requests] };
}

function nudge(context: SessionContext): SessionContext {
  return addPrompt(context, {
    source: 'nudge',
    text: 'The step is not complete, and nobody answers questions here. Go on with your tools, and call complete_step when the step is done.',
  });
}

/** A model call has answered: its turn counts, its calls wait, what was said to it is said. */
export function takeTurn(
  context: SessionContext,
  turn: { readonly calls: readonly ToolCall[]; readonly usage: Usage },
): SessionContext {
  return {
    ...context,
    turn: context.turn + 1,
    unsaid: [],
    calls: turn.calls,
    idleTurns: turn.calls.length === 0 ? context.idleTurns + 1 : 0,
    usage: {
      inputTokens: context.usage.inputTokens + turn.usage.inputTokens,
      outputTokens: context.usage.outputTokens + turn.usage.outputTokens,
    },
  };
}

/** Before the next model call: a silent agent is nudged, and steers are delivered. */
export function beginTurn(context: SessionContext): SessionContext {
  const asked = context.idleTurns > 0 && context.steers.length === 0 ? nudge(context) : context;
  return { ...deliverSteers(asked), shownToken: context.workflow.token };
}
