/** Checks of the local forge: one reference per commit, one file per name. */
import type { ForgeCheck, ForgePort } from '../../../actors/ports/forge.ts';
import { SignalboxError } from '../../../runtime/contract/errors.ts';
import { changeShelf, readDocuments, readShelf } from './document-store.ts';
import type { StoreTools } from './document-store.ts';
import { checkDocumentSchema, checkFile, checksReference, isSha } from './documents.ts';
import type { CheckDocument } from './documents.ts';
import { viewCheck } from './views.ts';

type NewCheck = Parameters<ForgePort['reportCheck']>[1];

export async function reportCheck(
  tools: StoreTools,
  repository: string,
  check: NewCheck,
): Promise<void> {
  await requireCommit(tools, repository, check);
  await changeShelf<undefined>(tools, repository, checksReference(check.sha), async () => {
    const document: CheckDocument = {
      v: 1,
      name: check.name,
      sha: check.sha,
      conclusion: check.conclusion,
      summary: check.summary,
      updatedAt: tools.clock().toISOString(),
    };
    return {
      type: 'write',
      result: undefined,
      files: { [checkFile(check.name)]: document },
      summary: `Check ${check.conclusion}`,
    };
  });
}

export async function listChecks(
  { git }: StoreTools,
  repository: string,
  sha: string,
): Promise<readonly ForgeCheck[]> {
  if (!isSha(sha)) return [];
  const shelf = await readShelf(git, repository, checksReference(sha));
  const files = [...shelf.files.keys()];
  const checks = await readDocuments(git, repository, shelf, files, checkDocumentSchema);
  return checks.map(viewCheck).sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

async function requireCommit(
  { git }: StoreTools,
  repository: string,
  check: NewCheck,
): Promise<void> {
  const isKnown =
    isSha(check.sha) &&
    (
      await git({
        directory: repository,
        arguments: ['cat-file', '-e', `${check.sha}^{commit}`],
        answers: [1, 128],
      })
    ).exitCode === 0;
  if (isKnown) return;
  throw new SignalboxError(
    'SB_FORGE_REFUSED',
    `the check "${check.name}" names a commit that is not in ${repository}: ${check.sha}`,
    { next: 'Push the commit first.' },
  );
}
