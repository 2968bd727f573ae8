/**
 * The local forge: merge requests, comments and checks kept in the origin repository itself, with
 * plain git and no server. Holds nothing in memory but its locks, so any number of processes may use
 * one repository.
 */
import { resolve } from 'node:path';
import type { ForgePort, MergeRequestReference } from '../../../actors/ports/forge.ts';
import { SignalboxError } from '../../../runtime/contract/errors.ts';
import { createGit } from '../../git/git-command.ts';
import type { GitOptions, RunGit } from '../../git/git-command.ts';
import { createKeyedMutex } from '../../git/keyed-mutex.ts';
import { createLockRepair } from '../../git/lock-repair.ts';
import { readCommonDirectory } from '../../git/repository-inspection.ts';
import { listChecks, reportCheck } from './checks.ts';
import { addComment, listComments } from './comments.ts';
import type { StoreTools } from './document-store.ts';
import { mergeMergeRequest } from './merge.ts';
import { closeMergeRequest, deleteSourceBranch } from './merge-request-ending.ts';
import { openMergeRequest } from './merge-request-opening.ts';
import { getMergeRequest, listMergeRequests } from './merge-request-reading.ts';

export interface LocalForgeOptions extends GitOptions {
  readonly clock: () => Date;
  /** Told about each merge request that a list leaves out because its document is damaged. */
  readonly onDamaged?: (error: SignalboxError) => void;
}

export function createLocalForge(options: LocalForgeOptions): ForgePort {
  const git = createGit(options);
  const tools: StoreTools = {
    git,
    withKey: createKeyedMutex(),
    // Lock files carry the machine's time, whatever clock dates the documents.
    withLockRepair: createLockRepair({ clock: () => new Date() }),
    clock: options.clock,
  };
  const onDamaged = options.onDamaged ?? (() => undefined);
  const at = async (reference: MergeRequestReference): Promise<MergeRequestReference> => ({
    repository: await requireRepository(git, reference.repository),
    number: reference.number,
  });
  return {
    kind: 'local',
    openMergeRequest: async (request) => {
      const repository = await requireRepository(git, request.repository);
      return openMergeRequest(tools, { ...request, repository });
    },
    getMergeRequest: async (reference) => getMergeRequest(tools, await at(reference)),
    listMergeRequests: async (given, filter) => {
      const repository = await requireRepository(git, given);
      return listMergeRequests(tools, repository, filter?.state, onDamaged);
    },
    listComments: async (reference) => listComments(tools, await at(reference)),
    addComment: async (reference, comment) => addComment(tools, await at(reference), comment),
    reportCheck: async (given, check) =>
      reportCheck(tools, await requireRepository(git, given), check),
    listChecks: async (given, sha) => listChecks(tools, await requireRepository(git, given), sha),
    merge: async (reference, request) => mergeMergeRequest(tools, await at(reference), request),
    close: async (reference, reason) => closeMergeRequest(tools, await at(reference), reason),
    deleteSourceBranch: async (reference) => deleteSourceBranch(tools, await at(reference)),
  };
}

/** The absolute path, when there is a repository. Throws `SB_NOT_FOUND`, as a hosted forge would. */
async function requireRepository(git: RunGit, given: string): Promise<string> {
  const repository = resolve(given);
  try {
    await readCommonDirectory(git, repository);
    return repository;
  } catch (cause) {
    if (!(cause instanceof SignalboxError)) throw cause;
    throw new SignalboxError('SB_NOT_FOUND', `there is no repository to use: ${cause.message}`, {
      cause,
      retryable: cause.retryable,
      next: 'Give the path of the origin repository: see "signalbox doctor".',
    });
  }
}
