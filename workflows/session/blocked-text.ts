/** A blocked completion as the text the agent gets back from `complete_step`. */
import type { BlockedAnswer } from './advance-workflow.ts';
import { maxBlockedCompletions } from './workflow-state.ts';

export function formatBlocked({ state, reasons, example }: BlockedAnswer): string {
  const left = maxBlockedCompletions - state.blocked;
  return [
    `The step is not complete (attempt ${state.blocked} of ${maxBlockedCompletions}). What is missing:`,
    ...reasons.map(({ path, message }) => `- ${path}: ${message}`),
    'A complete input has this form; fill it with what is true of your own work:',
    JSON.stringify(example, null, 2),
    left > 0
      ? 'Put it right and call complete_step again.'
      : 'No attempt is left: the session ends here and someone will look.',
  ].join('\n');
}
