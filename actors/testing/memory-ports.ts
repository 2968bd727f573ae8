/** Transcripts, blobs, workspace, repository and model in memory, for tests of effects. What was asked of them is kept. */
import { SignalboxError } from '../../runtime/contract/errors.ts';
import type { TranscriptEntry } from '../../runtime/contract/transcript.ts';
import type { ModelPort, ModelRequest, ModelTurn } from '../ports/model.ts';
import type {
  ChangedFile,
  CommitRequest,
  RepositoryInspection,
  RepositoryPort,
} from '../ports/repository.ts';
import type { BlobPort, TranscriptPort } from '../ports/transcripts.ts';
import type { CommandRequest, CommandResult, WorkspacePort } from '../ports/workspace.ts';

/** One line per call, in the order of the calls, across all ports of a test. */
export type CallLog = string[];

export interface MemoryTranscripts extends TranscriptPort {
  readonly entries: readonly TranscriptEntry[];
}

export function createMemoryTranscripts(
  log: CallLog = [],
  initial: readonly TranscriptEntry[] = [],
): MemoryTranscripts {
  const entries: TranscriptEntry[] = [...initial];
  return {
    entries,
    append: (added) => {
      for (const entry of added) {
        if (entries.some(({ id, session }) => id === entry.id && session === entry.session))
          continue;
        entries.push(entry);
        log.push(`append ${entry.id}`);
      }
      return Promise.resolve();
    },
    read: (sessionId) => Promise.resolve(entries.filter(({ session }) => session === sessionId)),
  };
}

export interface MemoryBlobs extends BlobPort {
  readonly texts: ReadonlyMap<string, string>;
}

export function createMemoryBlobs(log: CallLog = []): MemoryBlobs {
  const texts = new Map<string, string>();
  return {
    texts,
    put: (key, data) => {
      texts.set(key, new TextDecoder().decode(data));
      log.push(`put ${key}`);
      return Promise.resolve();
    },
    get: (key) => {
      const text = texts.get(key);
      return text === undefined
        ? Promise.reject(new SignalboxError('SB_BLOB_MISSING', `there is no blob ${key}`))
        : Promise.resolve(new TextEncoder().encode(text));
    },
  };
}

/** A model that says the given turns one after the other, and keeps what it was asked. */
export interface MemoryModel extends ModelPort {
  readonly requests: readonly ModelRequest[];
}

export function createMemoryModel(turns: readonly ModelTurn[], log: CallLog = []): MemoryModel {
  const requests: ModelRequest[] = [];
  return {
    requests,
    complete: (request) => {
      requests.push(request);
      log.push(`complete ${request.idempotencyKey}`);
      const turn = turns[requests.length - 1];
      return turn === undefined
        ? Promise.reject(
            new SignalboxError('SB_MODEL_UNAVAILABLE', 'nothing is left to say', {
              retryable: true,
            }),
          )
        : Promise.resolve(turn);
    },
  };
}

export function endCommand(exitCode: number, stdout = ''): CommandResult {
  const capture = (text: string) => ({ text, bytes: text.length, truncated: false });
  return {
    end: { type: 'exited', exitCode },
    stdout: capture(stdout),
    stderr: capture(''),
    durationMs: 12.4,
  };
}

/** Commands end as given; no file is there. `runs` is called while a command runs. */
export function createMemoryWorkspace(
  result: CommandResult,
  log: CallLog = [],
  runs: (request: CommandRequest) => void = () => undefined,
): WorkspacePort {
  const missing = (path: string) =>
    Promise.reject(new SignalboxError('SB_NOT_FOUND', `there is no file ${path}`));
  return {
    runCommand: (request) => {
      log.push(`run ${request.command}`);
      runs(request);
      return Promise.resolve(result);
    },
    readFile: (_, path) => missing(path),
    writeFile: (_, path, content) => {
      log.push(`write ${path}`);
      return Promise.resolve({ bytes: content.length, created: true });
    },
    editFile: (_, path) => missing(path),
    findFiles: () => Promise.resolve({ paths: [], truncated: false }),
    searchText: () => Promise.resolve({ hits: [], truncated: false }),
  };
}

export interface MemoryRepository extends RepositoryPort {
  /** What differs from the last commit; tests change it. */
  changed: readonly ChangedFile[];
  inspection: RepositoryInspection;
  readonly commits: { readonly sha: string; readonly request: CommitRequest }[];
}

export function createMemoryRepository(log: CallLog = []): MemoryRepository {
  const commits: { sha: string; request: CommitRequest }[] = [];
  const repository: MemoryRepository = {
    commits,
    changed: [],
    inspection: {
      status: 'usable',
      path: '/repository',
      bare: false,
      defaultBranch: 'main',
      headSha: 'base',
      origin: '/origin.git',
    },
    inspect: () => Promise.resolve(repository.inspection),
    addWorktree: ({ path, branch }) => Promise.resolve({ path, branch, baseSha: 'base' }),
    removeWorktree: ({ path }) => {
      log.push(`removeWorktree ${path}`);
      return Promise.resolve();
    },
    changedFiles: () => {
      log.push('changedFiles');
      return Promise.resolve(repository.changed);
    },
    commitAll: (request) => {
      if (repository.changed.length === 0) return Promise.resolve({ status: 'nothingToCommit' });
      const sha = `sha-${commits.length + 1}`;
      commits.push({ sha, request });
      repository.changed = [];
      log.push(`commit ${sha}`);
      return Promise.resolve({ status: 'committed', sha });
    },
    findCommitByTrailer: ({ key, value }) =>
      Promise.resolve(
        commits.findLast(({ request }) =>
          request.trailers.some((trailer) => trailer.key === key && trailer.value === value),
        )?.sha,
      ),
    push: ({ branch }) => {
      log.push(`push ${branch}`);
      return Promise.resolve({ sha: commits.at(-1)?.sha ?? 'base' });
    },
    headSha: () => Promise.resolve(commits.at(-1)?.sha ?? 'base'),
  };
  return repository;
}
