/**
 * Keeps JSON documents under references of a git repository. A change is one compare-and-swap of one
 * reference, tried again when somebody else was first: two processes writing at once lose nothing.
 * What the documents mean is left to the callers.
 */
import type { z } from 'zod';
import { agentAuthor } from '../../../actors/ports/identity.ts';
import { SignalboxError } from '../../../runtime/contract/errors.ts';
import type { RunGit } from '../../git/git-command.ts';
import type { WithKey } from '../../git/keyed-mutex.ts';
import type { WithLockRepair } from '../../git/lock-repair.ts';
import { changeReferences, readReferences, referenceLocks } from '../../git/references.ts';
import type { ReferenceChange } from '../../git/references.ts';
import { readCommonDirectory } from '../../git/repository-inspection.ts';
import { readObjects } from './object-batch.ts';

/** Each round somebody succeeds, so this many losses in a row mean more than contention. */
const maxSwapAttempts = 100;

export interface StoreTools {
  readonly git: RunGit;
  readonly withKey: WithKey;
  readonly withLockRepair: WithLockRepair;
  readonly clock: () => Date;
}

/** One state of a reference: the commit it points at and the files of its tree with their objects. */
export interface Shelf {
  readonly reference: string;
  readonly commit: string | undefined;
  readonly files: ReadonlyMap<string, string>;
}

export async function readShelf(
  git: RunGit,
  repository: string,
  reference: string,
): Promise<Shelf> {
  const commit = (await readReferences(git, repository, [reference])).get(reference);
  if (commit === undefined) return { reference, commit, files: new Map() };
  const tree = await git({
    directory: repository,
    arguments: ['ls-tree', '-z', commit],
    answers: [128],
  });
  if (tree.exitCode !== 0) throw damaged(repository, reference, tree.complaint);
  const files = new Map<string, string>();
  for (const entry of tree.text.split('\0')) {
    const match = /^\d+ blob ([0-9a-f]+)\t(.+)$/.exec(entry);
    if (match?.[1] !== undefined && match[2] !== undefined) files.set(match[2], match[1]);
  }
  return { reference, commit, files };
}

/** Reads and checks some documents of a shelf at once. Throws `SB_FORGE_REFUSED` for a damaged one. */
export async function readDocuments<Schema extends z.ZodType>(
  git: RunGit,
  repository: string,
  shelf: Shelf,
  files: readonly string[],
  schema: Schema,
): Promise<readonly z.infer<Schema>[]> {
  const objects = files.map((file) => shelf.files.get(file) ?? `missing ${file}`);
  const texts = await readObjects(git, repository, objects);
  return files.map((file, index) =>
    parseDocument(repository, `${shelf.reference} ${file}`, texts[index], schema),
  );
}

/** `place` names the document for a person. Throws `SB_FORGE_REFUSED`. */
export function parseDocument<Schema extends z.ZodType>(
  repository: string,
  place: string,
  text: string | undefined,
  schema: Schema,
): z.infer<Schema> {
  if (text === undefined) throw damaged(repository, place, 'it is not there');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw damaged(repository, place, 'it is not JSON', cause);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw damaged(repository, place, problems.join('; '), parsed.error);
}

/** What a writer decides after reading a shelf: nothing to write, or files to put there. */
export type Decision<Result> =
  | { readonly type: 'keep'; readonly result: Result }
  | {
      readonly type: 'write';
      readonly result: Result;
      readonly files: Readonly<Record<string, object>>;
      /** One line for `git log` of the reference. */
      readonly summary: string;
      /** Changed (or, unchanged, verified) together with the shelf, before it. */
      readonly alongside?: readonly ReferenceChange[];
    };

/** `decide` is called again, with the newer shelf, whenever somebody else wrote in between. */
export async function changeShelf<Result>(
  tools: StoreTools,
  repository: string,
  reference: string,
  decide: (shelf: Shelf) => Promise<Decision<Result>>,
): Promise<Result> {
  const { git } = tools;
  return tools.withKey(`${repository} ${reference}`, async () => {
    for (let attempt = 1; attempt <= maxSwapAttempts; attempt += 1) {
      const shelf = await readShelf(git, repository, reference);
      const decision = await decide(shelf);
      if (decision.type === 'keep') return decision.result;
      const commit = await writeCommit(tools, repository, shelf, decision);
      const changes = [
        ...(decision.alongside ?? []),
        { name: reference, from: shelf.commit, to: commit },
      ];
      if (await swap(tools, repository, changes)) return decision.result;
    }
    throw new SignalboxError(
      'SB_FORGE_REFUSED',
      `${reference} in ${repository} was changed by others ${maxSwapAttempts} times in a row`,
      { retryable: true, next: 'Try again when fewer processes write to it.' },
    );
  });
}

/** False when a reference is no longer what it was; git's failure when it still is. */
async function swap(
  tools: StoreTools,
  repository: string,
  changes: readonly ReferenceChange[],
): Promise<boolean> {
  const names = changes.map((change) => change.name);
  const locks = referenceLocks(await readCommonDirectory(tools.git, repository), names);
  return tools.withLockRepair(locks, async () => {
    try {
      await changeReferences(tools.git, repository, changes);
      return true;
    } catch (error) {
      const now = await readReferences(tools.git, repository, names);
      if (changes.some(({ name, from }) => now.get(name) !== from)) return false;
      throw error;
    }
  });
}

async function writeCommit(
  { git, clock }: StoreTools,
  repository: string,
  shelf: Shelf,
  decision: Extract<Decision<unknown>, { type: 'write' }>,
): Promise<string> {
  const files = new Map(shelf.files);
  for (const [file, document] of Object.entries(decision.files)) {
    const blob = await git({
      directory: repository,
      arguments: ['hash-object', '-w', '--stdin'],
      input: `${JSON.stringify(document, null, 2)}\n`,
    });
    files.set(file, blob.text);
  }
  const tree = await git({
    directory: repository,
    arguments: ['mktree', '-z'],
    input: [...files].map(([file, object]) => `100644 blob ${object}\t${file}\0`).join(''),
  });
  const commit = await git({
    directory: repository,
    arguments: [
      'commit-tree',
      tree.text,
      ...(shelf.commit === undefined ? [] : ['-p', shelf.commit]),
    ],
    input: `${decision.summary}\n`,
    environment: signature(agentAuthor.name, clock()),
  });
  return commit.text;
}

/** People and agents are known to the local forge by name only. */
export function signature(name: string, at: Date): Readonly<Record<string, string>> {
  const date = `@${Math.floor(at.getTime() / 1000)} +0000`;
  return {
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: agentAuthor.email,
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_NAME: agentAuthor.name,
    GIT_COMMITTER_EMAIL: agentAuthor.email,
    GIT_COMMITTER_DATE: date,
  };
}

function damaged(
  repository: string,
  place: string,
  problem: string,
  cause?: unknown,
): SignalboxError {
  return new SignalboxError(
    'SB_FORGE_REFUSED',
    `${place} in ${repository} is damaged: ${problem}`,
    {
      cause,
      next: `See its history: git -C '${repository}' log -p ${place.split(' ')[0] ?? ''}`,
    },
  );
}
