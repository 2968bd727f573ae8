/** Closes merge requests of the local forge without a merge, and removes the branches of ended ones. */
import type { MergeRequestReference, MergeRequestView } from '../../../actors/ports/forge.ts';
import { SignalboxError } from '../../../runtime/contract/errors.ts';
import { branchReference, changeReferences, referenceLocks } from '../../git/references.ts';
import { readCommonDirectory } from '../../git/repository-inspection.ts';
import { changeShelf } from './document-store.ts';
import type { StoreTools } from './document-store.ts';
import { mergeRequestFile } from './documents.ts';
import type { MergeRequestDocument } from './documents.ts';
import { findMergeCommit, isHeldByWorktree } from './merge-commits.ts';
import {
  getMergeRequest,
  readMergeRequest,
  readTip,
  requireNumber,
} from './merge-request-reading.ts';
import { viewMergeRequest } from './views.ts';

export async function closeMergeRequest(
  tools: StoreTools,
  { repository, number }: MergeRequestReference,
  reason: string,
): Promise<MergeRequestView> {
  return changeShelf<MergeRequestView>(
    tools,
    repository,
    requireNumber(repository, number),
    async (shelf) => {
      const document = await readMergeRequest(tools.git, repository, number, shelf);
      if (document.state === 'closed') {
        return { type: 'keep', result: viewMergeRequest(repository, document, undefined) };
      }
      const tip = await readTip(tools.git, repository, document.sourceBranch);
      // A merge may have been cut short between the branch and this document: it is merged all the same.
      const isMerged =
        document.state === 'merged' ||
        (tip !== undefined &&
          (await findMergeCommit(tools.git, repository, document.targetBranch, tip)) !== undefined);
      if (isMerged)
        throw new SignalboxError(
          'SB_FORGE_REFUSED',
          `merge request ${number} in ${repository} is merged and cannot be closed`,
          { next: 'Open a merge request that reverts it, if it should not have been merged.' },
        );
      const closed: MergeRequestDocument = {
        ...document,
        state: 'closed',
        closeReason: reason,
        headSha: tip ?? document.headSha,
        updatedAt: tools.clock().toISOString(),
      };
      return {
        type: 'write',
        result: viewMergeRequest(repository, closed, undefined),
        files: { [mergeRequestFile]: closed },
        summary: `Close merge request ${number}`,
      };
    },
  );
}

export async function deleteSourceBranch(
  tools: StoreTools,
  reference: MergeRequestReference,
): Promise<void> {
  const { repository, number } = reference;
  const view = await getMergeRequest(tools, reference);
  const name = branchReference(view.sourceBranch);
  const refuse = (problem: string, next: string): SignalboxError =>
    new SignalboxError(
      'SB_FORGE_REFUSED',
      `the branch ${view.sourceBranch} of merge request ${number} in ${repository} is kept: ${problem}`,
      { next },
    );
  if (view.state === 'open') {
    throw refuse('the merge request is open', 'Merge or close it first.');
  }
  const locks = referenceLocks(await readCommonDirectory(tools.git, repository), [name]);
  await tools.withLockRepair(locks, async () => {
    const tip = await readTip(tools.git, repository, view.sourceBranch);
    if (tip === undefined) return;
    if (tip !== view.headSha) {
      throw refuse(
        `it has moved on to ${tip}`,
        'Look at the newer commits, then delete it by hand.',
      );
    }
    if (await isHeldByWorktree(tools, repository, view.sourceBranch)) {
      throw refuse('a worktree has it checked out', 'Remove the worktree first.');
    }
    await changeReferences(tools.git, repository, [{ name, from: tip, to: undefined }]);
  });
}
