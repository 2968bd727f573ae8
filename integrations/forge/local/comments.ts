/** Comments of the local forge: one file each beside the document of their merge request. */
import type {
  ForgeComment,
  ForgePort,
  MergeRequestReference,
} from '../../../actors/ports/forge.ts';
import { changeShelf, readDocuments, readShelf } from './document-store.ts';
import type { Decision, Shelf, StoreTools } from './document-store.ts';
import {
  commentDocumentSchema,
  commentFile,
  commentFileHasKey,
  commentId,
  isCommentFile,
  mergeRequestFile,
} from './documents.ts';
import type { CommentDocument } from './documents.ts';
import { readMergeRequest, readTip, requireNumber } from './merge-request-reading.ts';
import { viewComment, viewMergeRequest } from './views.ts';

type NewComment = Parameters<ForgePort['addComment']>[1];

export async function listComments(
  { git }: StoreTools,
  { repository, number }: MergeRequestReference,
): Promise<readonly ForgeComment[]> {
  const shelf = await readShelf(git, repository, requireNumber(repository, number));
  if (shelf.commit === undefined) await readMergeRequest(git, repository, number, shelf);
  const files = commentFiles(shelf);
  const documents = await readDocuments(git, repository, shelf, files, commentDocumentSchema);
  return documents.map(viewComment);
}

export async function addComment(
  tools: StoreTools,
  reference: MergeRequestReference,
  comment: NewComment,
): Promise<ForgeComment> {
  const { repository, number } = reference;
  const name = requireNumber(repository, number);
  return changeShelf<ForgeComment>(tools, repository, name, (shelf) =>
    decideComment(tools, reference, comment, shelf),
  );
}

async function decideComment(
  { git, clock }: StoreTools,
  { repository, number }: MergeRequestReference,
  comment: NewComment,
  shelf: Shelf,
): Promise<Decision<ForgeComment>> {
  const mergeRequest = await readMergeRequest(git, repository, number, shelf);
  const files = commentFiles(shelf);
  const same = files.filter((file) => commentFileHasKey(file, comment.idempotencyKey));
  const [known] = await readDocuments(git, repository, shelf, same, commentDocumentSchema);
  if (known !== undefined) return { type: 'keep', result: viewComment(known) };
  const tip = await readTip(git, repository, mergeRequest.sourceBranch);
  const { headSha } = viewMergeRequest(repository, mergeRequest, tip);
  const at = clock().toISOString();
  const id = commentId(files.length + 1);
  const document: CommentDocument = {
    v: 1,
    id,
    author: comment.author,
    body: comment.body,
    verdict: comment.verdict,
    sha: headSha,
    ...(comment.path === undefined ? {} : { path: comment.path }),
    ...(comment.line === undefined ? {} : { line: comment.line }),
    idempotencyKey: comment.idempotencyKey,
    createdAt: at,
  };
  return {
    type: 'write',
    result: viewComment(document),
    files: {
      [commentFile(id, comment.idempotencyKey)]: document,
      [mergeRequestFile]: { ...mergeRequest, headSha, updatedAt: at },
    },
    summary: `Comment on merge request ${number}: ${comment.verdict}`,
  };
}

/** In order of creation: comments are never removed, so their count is also the last id. */
function commentFiles(shelf: Shelf): readonly string[] {
  return [...shelf.files.keys()].filter(isCommentFile).sort();
}
