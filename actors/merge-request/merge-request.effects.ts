/** The MR manager's effects: calls to the forge, every one of them idempotent by a key. */
import { z } from 'zod';
import { localEffect, type EffectDefinition, type RetryPolicy } from '../../runtime/mod.ts';
import type { ForgePort, MergeOutcome } from '../ports/forge.ts';
import { agentAuthor } from '../ports/identity.ts';
import type { Observation } from './merge-request.context.ts';

const forgeDeadlineMs = 60_000;
/** A forge that is away for minutes is waited for; then a person is asked. */
const forgeRetry: RetryPolicy = {
  maxAttempts: 8,
  backoff: { type: 'exponential', initialDelayMs: 500, factor: 2 },
  maxDelayMs: 60_000,
  jitter: 'equal',
};

export const openSchema = z.object({
  repository: z.string(),
  sourceBranch: z.string(),
  targetBranch: z.string(),
  title: z.string(),
  body: z.string(),
});
const referenceSchema = z.object({ repository: z.string(), number: z.number().int() });
export const observeSchema = referenceSchema.extend({ commentsRead: z.number().int() });
export const replySchema = referenceSchema.extend({ body: z.string() });
export const mergeSchema = referenceSchema.extend({ headSha: z.string(), message: z.string() });

export interface OpenedMergeRequest {
  readonly number: number;
  readonly link: string;
  readonly headSha: string;
}

export function createMergeRequestEffects(forge: ForgePort): Record<string, EffectDefinition> {
  const shared = {
    deadlineMs: forgeDeadlineMs,
    retry: forgeRetry,
    whenUnknown: 'idempotent' as const,
  };
  return {
    openMergeRequest: localEffect({
      ...shared,
      input: openSchema,
      run: async (input, { effectId }): Promise<OpenedMergeRequest> => {
        const author = agentAuthor.name;
        const { number, link, headSha } = await forge.openMergeRequest({
          ...input,
          author,
          idempotencyKey: effectId,
        });
        return { number, link, headSha };
      },
    }),
    observe: localEffect({
      ...shared,
      input: observeSchema,
      run: (input) => observe(forge, input),
    }),
    reply: localEffect({
      ...shared,
      input: replySchema,
      run: async ({ body, ...reference }, { effectId }) => {
        await forge.addComment(reference, {
          body,
          author: agentAuthor.name,
          verdict: 'comment',
          idempotencyKey: effectId,
        });
      },
    }),
    merge: localEffect({
      ...shared,
      input: mergeSchema,
      run: ({ headSha, message, ...reference }): Promise<MergeOutcome> =>
        forge.merge(reference, { expectedHeadSha: headSha, message, author: agentAuthor.name }),
    }),
    deleteSourceBranch: localEffect({
      ...shared,
      input: referenceSchema,
      run: (reference) => forge.deleteSourceBranch(reference),
    }),
  };
}

async function observe(
  forge: ForgePort,
  { commentsRead, ...reference }: z.infer<typeof observeSchema>,
): Promise<Observation> {
  const view = await forge.getMergeRequest(reference);
  const [comments, checks] = await Promise.all([
    forge.listComments(reference),
    forge.listChecks(reference.repository, view.headSha),
  ]);
  const fresh = comments.slice(commentsRead).filter(({ author }) => author !== agentAuthor.name);
  return {
    state: view.state,
    headSha: view.headSha,
    mergeSha: view.mergeSha ?? null,
    closeReason: view.closeReason ?? null,
    commentCount: comments.length,
    comments: fresh.map(({ createdAt: _, ...comment }) => comment),
    checks: checks.map(({ name, conclusion, summary }) => ({ name, conclusion, summary })),
  };
}
