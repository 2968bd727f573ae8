/**
 * The JSON documents of the local forge and where they are kept. One reference per merge request
 * (`refs/signalbox/mr/<number>`) and per checked commit (`refs/signalbox/checks/<sha>`); each points
 * at a commit whose tree holds the documents, and whose parents are their history.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';

const shaSchema = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);

const proposal = {
  v: z.literal(1),
  number: z.number().int().positive(),
  title: z.string(),
  body: z.string(),
  author: z.string(),
  sourceBranch: z.string().min(1),
  targetBranch: z.string().min(1),
  /** Tip of the source branch when the document was last written. */
  headSha: shaSchema,
  idempotencyKey: z.string(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
};

export const mergeRequestDocumentSchema = z.discriminatedUnion('state', [
  z.object({ ...proposal, state: z.literal('open') }),
  z.object({ ...proposal, state: z.literal('merged'), mergeSha: shaSchema }),
  z.object({ ...proposal, state: z.literal('closed'), closeReason: z.string() }),
]);
export type MergeRequestDocument = Readonly<z.infer<typeof mergeRequestDocumentSchema>>;

export const commentDocumentSchema = z.object({
  v: z.literal(1),
  id: z.string(),
  author: z.string(),
  body: z.string(),
  verdict: z.enum(['comment', 'changesRequested', 'approved']),
  sha: shaSchema,
  path: z.string().optional(),
  line: z.number().int().optional(),
  idempotencyKey: z.string(),
  createdAt: z.iso.datetime(),
});
export type CommentDocument = Readonly<z.infer<typeof commentDocumentSchema>>;

export const checkDocumentSchema = z.object({
  v: z.literal(1),
  name: z.string(),
  sha: shaSchema,
  conclusion: z.enum(['pending', 'passed', 'failed']),
  summary: z.string(),
  updatedAt: z.iso.datetime(),
});
export type CheckDocument = Readonly<z.infer<typeof checkDocumentSchema>>;

export const mergeRequestFolder = 'refs/signalbox/mr/';
export const mergeRequestReference = (number: number): string => `${mergeRequestFolder}${number}`;
export const checksReference = (sha: string): string => `refs/signalbox/checks/${sha}`;

export const mergeRequestFile = 'mr.json';

/** Zero-padded, so that ids sort as text in the order of creation. */
export const commentId = (index: number): string => String(index).padStart(6, '0');
/** The key is in the name: whether a comment is there already is known without reading any. */
export const commentFile = (id: string, idempotencyKey: string): string =>
  `comment-${id}-${digest(idempotencyKey)}.json`;
export const isCommentFile = (file: string): boolean => file.startsWith('comment-');
export const commentFileHasKey = (file: string, idempotencyKey: string): boolean =>
  isCommentFile(file) && file.endsWith(`-${digest(idempotencyKey)}.json`);

export const checkFile = (name: string): string => `check-${digest(name)}.json`;

export function isSha(text: string): boolean {
  return shaSchema.safeParse(text).success;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
