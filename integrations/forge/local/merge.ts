/**
 * Merges on the local forge. Target branch and document change together, the branch first: a kill in
 * between leaves a merge commit that the next call finds and writes down, so there is only ever one.
 */
import type {
  ForgePort,
  MergeOutcome,
  MergeRequestReference,
} from '../../../actors/ports/forge.ts';
import { branchReference, readReferences } from '../../git/references.ts';
import { changeShelf } from './document-store.ts';
import type { Decision, Shelf, StoreTools } from './document-store.ts';
import { mergeRequestFile } from './documents.ts';
import type { MergeRequestDocument } from './documents.ts';
import {
  findMergeCommit,
  isAncestor,
  isHeldByWorktree,
  tryMerge,
  writeMergeCommit,
} from './merge-commits.ts';
import { readMergeRequest, requireNumber } from './merge-request-reading.ts';

type MergeRequest = Parameters<ForgePort['merge']>[1];
type Refusal = Extract<MergeOutcome, { status: 'refused' }>;

export async function mergeMergeRequest(
  tools: StoreTools,
  reference: MergeRequestReference,
  request: MergeRequest,
): Promise<MergeOutcome> {
  const name = requireNumber(reference.repository, reference.number);
  // One at a time: of merges at once only one finds its target unmoved, and the others have worked in vain.
  return tools.withKey(`${reference.repository} merge`, () =>
    changeShelf<MergeOutcome>(tools, reference.repository, name, (shelf) =>
      decideMerge(tools, reference, request, shelf),
    ),
  );
}

async function decideMerge(
  tools: StoreTools,
  { repository, number }: MergeRequestReference,
  request: MergeRequest,
  shelf: Shelf,
): Promise<Decision<MergeOutcome>> {
  const { git } = tools;
  const document = await readMergeRequest(git, repository, number, shelf);
  if (document.state === 'merged') {
    return { type: 'keep', result: { status: 'merged', sha: document.mergeSha } };
  }
  if (document.state === 'closed')
    return refuse('closed', `it was closed: ${document.closeReason}`);
  const { sourceBranch, targetBranch } = document;
  const names = [branchReference(sourceBranch), branchReference(targetBranch)] as const;
  const tips = await readReferences(git, repository, names);
  const head = tips.get(names[0]);
  const target = tips.get(names[1]);
  if (head === undefined) return refuse('headMoved', `the branch ${sourceBranch} is gone`);
  if (head !== request.expectedHeadSha) {
    return refuse('headMoved', `${sourceBranch} is at ${head}, not at ${request.expectedHeadSha}`);
  }
  if (target === undefined) return refuse('notPermitted', `the branch ${targetBranch} is gone`);
  if (await isAncestor(git, repository, head, target)) {
    const sha = (await findMergeCommit(git, repository, targetBranch, head)) ?? head;
    return recordMerge(tools, document, head, sha);
  }
  if (await isHeldByWorktree(tools, repository, targetBranch)) {
    return refuse(
      'targetCheckedOut',
      `${targetBranch} is checked out in a worktree of ${repository}`,
    );
  }
  const attempt = await tryMerge(git, repository, target, head);
  if (attempt.type === 'conflict') return refuse('conflict', attempt.detail);
  const { message, author } = request;
  const merge = { tree: attempt.tree, target, head, message, author };
  const sha = await writeMergeCommit(tools, repository, merge);
  return {
    ...recordMerge(tools, document, head, sha),
    alongside: [
      { name: names[1], from: target, to: sha },
      { name: names[0], from: head, to: head },
    ],
  };
}

function recordMerge(
  tools: StoreTools,
  document: Extract<MergeRequestDocument, { state: 'open' }>,
  headSha: string,
  sha: string,
): Extract<Decision<MergeOutcome>, { type: 'write' }> {
  const merged: MergeRequestDocument = {
    ...document,
    state: 'merged',
    headSha,
    mergeSha: sha,
    updatedAt: tools.clock().toISOString(),
  };
  return {
    type: 'write',
    result: { status: 'merged', sha },
    files: { [mergeRequestFile]: merged },
    summary: `Merge merge request ${document.number}`,
  };
}

function refuse(reason: Refusal['reason'], detail: string): Decision<MergeOutcome> {
  return { type: 'keep', result: { status: 'refused', reason, detail } };
}
