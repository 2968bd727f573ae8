/** Compares what came with what a recording expects, and says the difference so that a person can act. */
import { SignalboxError, assertNever } from '../../../runtime/contract/errors.ts';
import type { ExpectedItem, Recording } from '../recording/recording.schema.ts';
import type { CameItem, ReplayPosition } from './replay-position.ts';

export function fitsExpectation(
  expected: readonly ExpectedItem[],
  came: readonly CameItem[],
): boolean {
  const inOrder = orderItems(expected);
  return (
    inOrder.length === came.length &&
    inOrder.every((item, index) => {
      const other = came[index];
      return other !== undefined && fitsItem(item, other);
    })
  );
}

/** Results first: whether a message arrives during a tool call or after it is a matter of timing. */
function orderItems(items: readonly ExpectedItem[]): ExpectedItem[] {
  return [
    ...items.filter((item) => item.type === 'toolResult'),
    ...items.filter((item) => item.type === 'prompt'),
  ];
}

function fitsItem(expected: ExpectedItem, { item, text, reissued }: CameItem): boolean {
  if (expected.type === 'prompt') {
    return (
      item.type === 'prompt' &&
      item.source === expected.source &&
      (expected.stepId === undefined || item.stepId === expected.stepId) &&
      (expected.textIncludes === undefined || text.includes(expected.textIncludes))
    );
  }
  if (item.type !== 'toolResult' || item.tool !== expected.tool) return false;
  if (expected.outcome === 'interrupted') return true;
  if (expected.exitCode !== undefined && item.exitCode !== expected.exitCode) return false;
  return item.outcome === expected.outcome || mayHaveHappenedBefore(expected, item, reissued);
}

/**
 * A file edit asked for again after an interruption fails when the interrupted attempt had made it.
 * That is no other course of events. Commands are judged by their exit code as ever.
 */
function mayHaveHappenedBefore(
  expected: ExpectedItem,
  item: ExpectedItem,
  reissued: boolean,
): boolean {
  return (
    reissued &&
    expected.type === 'toolResult' &&
    item.type === 'toolResult' &&
    expected.outcome === 'succeeded' &&
    item.outcome === 'failed' &&
    item.exitCode === undefined
  );
}

type Misfit = Exclude<ReplayPosition, { type: 'askAgain' }>;

/** `SB_RECORDING_MISMATCH`: which recording, which turn, what was expected, what came. */
export function describeMismatch(recording: Recording, misfit: Misfit): SignalboxError {
  const count = recording.turns.length;
  const place = `recording "${recording.title}", turn ${misfit.turnIndex + 1} of ${count}`;
  return new SignalboxError('SB_RECORDING_MISMATCH', `${place}: ${explain(recording, misfit)}`, {
    next: 'Record the job again with --record, or use the recording with the task, repository and workflow it was made for.',
  });
}

function explain(recording: Recording, misfit: Misfit): string {
  switch (misfit.type) {
    case 'recordedTurn': {
      const came = formatItems(misfit.came.map(({ item }) => item));
      const recorded = recording.turns[misfit.turnIndex];
      if (recorded === undefined) {
        return `the recording has ended, but the conversation goes on; what came: ${came}`;
      }
      return `expected ${formatItems(orderItems(recorded.expect))}; what came: ${came}`;
    }
    case 'otherTurn':
      return `the conversation has another turn here than the recording; it called ${misfit.found.join(', ') || 'no tool'}`;
    case 'alwaysInterrupted':
      return `${misfit.tools.join(', ')} was interrupted every time it was asked for`;
    default:
      return assertNever(misfit);
  }
}

function formatItems(items: readonly ExpectedItem[]): string {
  return items.length === 0 ? 'nothing' : items.map(formatItem).join(' + ');
}

function formatItem(item: ExpectedItem): string {
  if (item.type === 'prompt') {
    const step = item.stepId === undefined ? '' : ` "${item.stepId}"`;
    const text = item.textIncludes === undefined ? '' : ` with the text "${item.textIncludes}"`;
    return `${item.source} prompt${step}${text}`;
  }
  const exit = item.exitCode === undefined ? '' : ` (exit code ${item.exitCode ?? 'none'})`;
  return `${item.tool} ${item.outcome}${exit}`;
}
