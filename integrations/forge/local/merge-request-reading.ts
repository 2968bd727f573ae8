/** Reads merge requests of the local forge: one, all, or the one on a shelf that was read already. */
import type {
  MergeRequestReference,
  MergeRequestState,
  MergeRequestView,
} from '../../../actors/ports/forge.ts';
import { SignalboxError } from '../../../runtime/contract/errors.ts';
import type { RunGit } from '../../git/git-command.ts';
import { branchReference, readReferences, readReferencesBelow } from '../../git/references.ts';
import { parseDocument, readDocuments } from './document-store.ts';
import type { Shelf, StoreTools } from './document-store.ts';
import {
  mergeRequestDocumentSchema,
  mergeRequestFile,
  mergeRequestFolder,
  mergeRequestReference,
} from './documents.ts';
import type { MergeRequestDocument } from './documents.ts';
import { readObjects } from './object-batch.ts';
import { viewMergeRequest } from './views.ts';

export type StoredMergeRequest = { readonly number: number } & (
  | { readonly status: 'whole'; readonly document: MergeRequestDocument }
  | { readonly status: 'damaged'; readonly error: SignalboxError }
);

export async function getMergeRequest(
  tools: StoreTools,
  { repository, number }: MergeRequestReference,
): Promise<MergeRequestView> {
  const place = requireNumber(repository, number);
  const references = await readReferencesBelow(tools.git, repository, [place, 'refs/heads/']);
  const commit = references.get(place);
  if (commit === undefined) throw unknownMergeRequest(repository, number);
  const [text] = await readObjects(tools.git, repository, [`${commit}:${mergeRequestFile}`]);
  const document = parseMergeRequest(repository, number, text);
  const tip = references.get(branchReference(document.sourceBranch));
  return viewMergeRequest(repository, document, tip);
}

/** Damaged ones are told to `onDamaged` and left out: they do not take the others down. */
export async function listMergeRequests(
  tools: StoreTools,
  repository: string,
  state: MergeRequestState | undefined,
  onDamaged: (error: SignalboxError) => void,
): Promise<readonly MergeRequestView[]> {
  const { stored, tips } = await readAllMergeRequests(tools.git, repository);
  const views: MergeRequestView[] = [];
  for (const entry of stored) {
    if (entry.status === 'damaged') {
      onDamaged(entry.error);
    } else if (state === undefined || entry.document.state === state) {
      const tip = tips.get(branchReference(entry.document.sourceBranch));
      views.push(viewMergeRequest(repository, entry.document, tip));
    }
  }
  return views;
}

/** Every merge request, in order of number, and the tips of all branches: two git commands in all. */
export async function readAllMergeRequests(
  git: RunGit,
  repository: string,
): Promise<{
  readonly stored: readonly StoredMergeRequest[];
  readonly tips: ReadonlyMap<string, string>;
}> {
  const tips = await readReferencesBelow(git, repository, [mergeRequestFolder, 'refs/heads/']);
  const numbers = [...tips.keys()]
    .filter((name) => name.startsWith(mergeRequestFolder))
    .map((name) => Number(name.slice(mergeRequestFolder.length)))
    .filter((number) => Number.isSafeInteger(number) && number > 0)
    .sort((a, b) => a - b);
  const names = numbers.map(
    (number) => `${tips.get(mergeRequestReference(number)) ?? ''}:${mergeRequestFile}`,
  );
  const texts = await readObjects(git, repository, names);
  const stored = numbers.map((number, index): StoredMergeRequest => {
    try {
      const document = parseMergeRequest(repository, number, texts[index]);
      return { number, status: 'whole', document };
    } catch (error) {
      if (error instanceof SignalboxError) return { number, status: 'damaged', error };
      throw error;
    }
  });
  return { stored, tips };
}

/** The document of a merge request on a shelf that was read. Throws `SB_NOT_FOUND`, `SB_FORGE_REFUSED`. */
export async function readMergeRequest(
  git: RunGit,
  repository: string,
  number: number,
  shelf: Shelf,
): Promise<MergeRequestDocument> {
  if (shelf.commit === undefined) throw unknownMergeRequest(repository, number);
  const schema = mergeRequestDocumentSchema;
  const [document] = await readDocuments(git, repository, shelf, [mergeRequestFile], schema);
  if (document === undefined) throw unknownMergeRequest(repository, number);
  return document;
}

export async function readTip(
  git: RunGit,
  repository: string,
  branch: string,
): Promise<string | undefined> {
  const name = branchReference(branch);
  return (await readReferences(git, repository, [name])).get(name);
}

/** The reference of a merge request. Throws `SB_NOT_FOUND` for what cannot be a number. */
export function requireNumber(repository: string, number: number): string {
  if (Number.isSafeInteger(number) && number > 0) return mergeRequestReference(number);
  throw unknownMergeRequest(repository, number);
}

function parseMergeRequest(
  repository: string,
  number: number,
  text: string | undefined,
): MergeRequestDocument {
  const place = `${mergeRequestReference(number)} ${mergeRequestFile}`;
  return parseDocument(repository, place, text, mergeRequestDocumentSchema);
}

function unknownMergeRequest(repository: string, number: number): SignalboxError {
  return new SignalboxError(
    'SB_NOT_FOUND',
    `there is no merge request ${number} in ${repository}`,
    { next: `See which there are: signalbox mr list --repo '${repository}'` },
  );
}
