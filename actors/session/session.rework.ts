/** Reopening a handed-over session: the steers become the reason for another round of its workflow. */
import { reopenWorkflow } from '../../workflows/session/reopen-workflow.ts';
import { maxReasonLength } from '../../workflows/session/workflow-state.ts';
import { noteSteersRead, promptCurrentStep, type SessionContext } from './session.context.ts';

export type Reopened =
  | { readonly status: 'reopened'; readonly context: SessionContext }
  | { readonly status: 'refused'; readonly reason: string };

export function reopen(context: SessionContext): Reopened {
  const reason = context.steers.map(({ from, text }) => `From ${from}:\n${text}`).join('\n\n');
  const answer = reopenWorkflow(context.input.workflow, context.workflow, reason);
  if (answer.status === 'refused') return answer;
  // The step shows a long reason cut: its steers stay, and are delivered whole at the turn boundary.
  const told = reason.length > maxReasonLength ? context : noteSteersRead(context);
  const reopened: SessionContext = { ...told, workflow: answer.state, idleTurns: 0 };
  return { status: 'reopened', context: promptCurrentStep(reopened, 'steer') };
}
