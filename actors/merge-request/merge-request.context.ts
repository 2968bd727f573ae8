/** The MR manager's context and the pure rules of review and gates. Decisions come from typed verdicts only. */
import { assertNever } from '../../runtime/contract/errors.ts';
import type { CheckConclusion, MergeRequestState, ReviewVerdict } from '../ports/forge.ts';
import type { MergeRequestEnd, MergeRequestInput } from './merge-request.schema.ts';

export type ObservedComment = {
  readonly id: string;
  readonly author: string;
  readonly body: string;
  readonly verdict: ReviewVerdict;
  readonly sha: string;
  readonly path?: string;
  readonly line?: number;
};

/** What the forge says now, comments only since the last look. */
export type Observation = {
  readonly state: MergeRequestState;
  readonly headSha: string;
  readonly mergeSha: string | null;
  readonly closeReason: string | null;
  readonly comments: readonly ObservedComment[];
  /** How many comments there are, our own included. */
  readonly commentCount: number;
  readonly checks: readonly {
    readonly name: string;
    readonly conclusion: CheckConclusion;
    readonly summary: string;
  }[];
};

export type MergeRequestContext = {
  readonly input: MergeRequestInput;
  readonly number: number | null;
  readonly headSha: string;
  /** Comments read so far: the next look starts behind them. */
  readonly commentsRead: number;
  /** Asked for and not yet addressed. */
  readonly feedback: readonly ObservedComment[];
  /** Reviews read, whatever they said. */
  readonly reviews: number;
  /** The commit of the last approval. */
  readonly approvedSha: string | null;
  readonly checks: Observation['checks'];
  readonly forgeState: MergeRequestState;
  readonly round: number;
  /** Whether `mergeRequestLeftOpen` was told for the current commit. */
  readonly leftOpenSha: string | null;
  readonly mergeSha: string | null;
  readonly end: MergeRequestEnd | null;
};

export function createMergeRequestContext(input: MergeRequestInput): MergeRequestContext {
  return {
    input,
    number: null,
    headSha: input.headSha,
    commentsRead: 0,
    feedback: [],
    reviews: 0,
    approvedSha: null,
    checks: [],
    forgeState: 'open',
    round: 0,
    leftOpenSha: null,
    mergeSha: null,
    end: null,
  };
}

export function takeObservation(
  context: MergeRequestContext,
  seen: Observation,
): MergeRequestContext {
  const approval = seen.comments.findLast(({ verdict }) => verdict === 'approved');
  const requests = seen.comments.filter(({ verdict }) => verdict !== 'approved');
  return {
    ...context,
    headSha: seen.headSha,
    forgeState: seen.state,
    commentsRead: seen.commentCount,
    checks: seen.checks,
    mergeSha: seen.mergeSha,
    reviews: context.reviews + seen.comments.length,
    approvedSha: approval?.sha ?? context.approvedSha,
    feedback: [...context.feedback, ...requests],
    end: describeForgeEnd(seen) ?? context.end,
  };
}

/** Of an observation only whether the merge request has ended. */
export function takeForgeState(
  context: MergeRequestContext,
  seen: Observation,
): Pick<MergeRequestContext, 'forgeState' | 'mergeSha' | 'end'> {
  const { state: forgeState, mergeSha } = seen;
  return { forgeState, mergeSha, end: describeForgeEnd(seen) ?? context.end };
}

function describeForgeEnd(seen: Observation): MergeRequestEnd | undefined {
  if (seen.state === 'merged')
    return { outcome: 'merged', reason: `merged as ${seen.mergeSha ?? seen.headSha}` };
  if (seen.state === 'closed')
    return { outcome: 'closed', reason: seen.closeReason ?? 'closed on the forge' };
  return undefined;
}

export function isReviewSatisfied({
  input,
  reviews,
  feedback,
  approvedSha,
  headSha,
}: MergeRequestContext): boolean {
  if (feedback.length > 0) return false;
  switch (input.policy.review) {
    case 'none':
      return true;
    case 'addressed':
      return reviews > 0;
    case 'approved':
      return approvedSha === headSha;
    default:
      return assertNever(input.policy.review);
  }
}

export function findFailedCheck(
  context: MergeRequestContext,
): Observation['checks'][number] | undefined {
  const required = new Set(context.input.policy.requiredChecks);
  return context.checks.find(
    ({ name, conclusion }) => required.has(name) && conclusion === 'failed',
  );
}

export function areChecksPassed({ input, checks }: MergeRequestContext): boolean {
  const passed = new Set(
    checks.filter(({ conclusion }) => conclusion === 'passed').map(({ name }) => name),
  );
  return input.policy.requiredChecks.every((name) => passed.has(name));
}

/** Names what is asked for in a round: the delivery that answers it names it again. */
export function requestOf(round: number): string {
  return `review-${round}`;
}

/** What a steered session is told: exactly what happened. */
export function describeFeedback(context: MergeRequestContext): string {
  const failed = findFailedCheck(context);
  const comments = context.feedback.map(({ author, body, path, line }) => {
    const place = path === undefined ? '' : ` on ${path}${line === undefined ? '' : `:${line}`}`;
    return `${author} wrote${place}:\n${body}`;
  });
  const check =
    failed === undefined ? [] : [`The check "${failed.name}" failed:\n${failed.summary}`];
  return [`Merge request ${context.number ?? ''} needs changes.`, ...comments, ...check].join(
    '\n\n',
  );
}
