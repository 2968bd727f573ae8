/** Opens merge requests of the local forge: checks the proposal and takes the next number. */
import type { ForgePort, MergeRequestView } from '../../../actors/ports/forge.ts';
import { SignalboxError } from '../../../runtime/contract/errors.ts';
import type { RunGit } from '../../git/git-command.ts';
import { branchReference } from '../../git/references.ts';
import { changeShelf } from './document-store.ts';
import type { StoreTools } from './document-store.ts';
import { mergeRequestFile, mergeRequestReference } from './documents.ts';
import type { MergeRequestDocument } from './documents.ts';
import { readAllMergeRequests } from './merge-request-reading.ts';
import { viewMergeRequest } from './views.ts';

/** Each round somebody else got the number; this many in a row mean more than contention. */
const maxOpenAttempts = 100;

type OpenRequest = Parameters<ForgePort['openMergeRequest']>[0];
type OpenDocument = Extract<MergeRequestDocument, { state: 'open' }>;

/**
 * Numbers follow one another without gaps and a reference is never deleted, so of two that open at
 * once only one gets the next number; the other reads again, and then sees the key of the first.
 */
export async function openMergeRequest(
  tools: StoreTools,
  request: OpenRequest,
): Promise<MergeRequestView> {
  const { repository } = request;
  return tools.withKey(`${repository} open`, async () => {
    for (let attempt = 1; attempt <= maxOpenAttempts; attempt += 1) {
      const { stored, tips } = await readAllMergeRequests(tools.git, repository);
      const whole = stored.flatMap((entry) => (entry.status === 'whole' ? [entry.document] : []));
      const same = whole.find(({ idempotencyKey }) => idempotencyKey === request.idempotencyKey);
      if (same !== undefined) {
        return viewMergeRequest(repository, same, tips.get(branchReference(same.sourceBranch)));
      }
      const headSha = await checkProposal(tools.git, request, whole, tips);
      const number = 1 + Math.max(0, ...stored.map((entry) => entry.number));
      const opened = await claimNumber(tools, request, number, headSha);
      if (opened !== undefined) return viewMergeRequest(repository, opened, headSha);
    }
    throw new SignalboxError(
      'SB_FORGE_REFUSED',
      `${maxOpenAttempts} merge requests were opened in ${repository} while this one waited for a number`,
      { retryable: true, next: 'Try again.' },
    );
  });
}

/** Undefined when somebody else took the number. */
function claimNumber(
  tools: StoreTools,
  request: OpenRequest,
  number: number,
  headSha: string,
): Promise<OpenDocument | undefined> {
  const at = tools.clock().toISOString();
  const document: OpenDocument = {
    v: 1,
    number,
    title: request.title,
    body: request.body,
    author: request.author,
    state: 'open',
    sourceBranch: request.sourceBranch,
    targetBranch: request.targetBranch,
    headSha,
    idempotencyKey: request.idempotencyKey,
    createdAt: at,
    updatedAt: at,
  };
  return changeShelf<OpenDocument | undefined>(
    tools,
    request.repository,
    mergeRequestReference(number),
    async (shelf) =>
      shelf.commit === undefined
        ? {
            type: 'write',
            result: document,
            files: { [mergeRequestFile]: document },
            summary: `Open merge request ${number}`,
          }
        : { type: 'keep', result: undefined },
  );
}

/** Returns the tip of the source branch. */
async function checkProposal(
  git: RunGit,
  request: OpenRequest,
  known: readonly MergeRequestDocument[],
  tips: ReadonlyMap<string, string>,
): Promise<string> {
  const { repository, sourceBranch, targetBranch } = request;
  const refuse = (problem: string, next: string): SignalboxError =>
    new SignalboxError('SB_FORGE_REFUSED', `no merge request in ${repository}: ${problem}`, {
      next,
    });
  if (request.title.trim() === '') throw refuse('the title is empty', 'Give it a title.');
  const head = tips.get(branchReference(sourceBranch));
  const target = tips.get(branchReference(targetBranch));
  if (head === undefined) {
    throw refuse(`there is no branch ${sourceBranch}`, 'Push the branch first.');
  }
  if (target === undefined) {
    throw refuse(`there is no branch ${targetBranch}`, 'Name a target branch that exists.');
  }
  const twin = known.find(
    (other) =>
      other.state === 'open' &&
      other.sourceBranch === sourceBranch &&
      other.targetBranch === targetBranch,
  );
  if (twin !== undefined) {
    throw refuse(
      `number ${twin.number} is already open from ${sourceBranch} to ${targetBranch}`,
      `Use number ${twin.number}, or close it.`,
    );
  }
  const ahead = await git({
    directory: repository,
    arguments: ['rev-list', '--count', '--max-count=1', `${target}..${head}`],
  });
  if (ahead.text === '0') {
    throw refuse(
      `${sourceBranch} has no commit that ${targetBranch} does not have`,
      'Commit and push a change first.',
    );
  }
  return head;
}
