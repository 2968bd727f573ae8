/**
 * Owns the reading of Node's file system errors: their codes are looked at here and nowhere else in the sandbox.
 * Everything that comes out is a `SignalboxError`; paths in messages are as the caller wrote them.
 */
import { describeError, SignalboxError } from '../../runtime/contract/errors.ts';

/** The `errno` name of a Node error (`ENOENT`), if it has one. */
export function fileSystemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

export function refuseOutside(shown: string, reason: string): SignalboxError {
  return new SignalboxError('SB_PATH_OUTSIDE', `"${shown}" ${reason}`, {
    next: 'Use a path inside the worktree, relative to its top folder.',
  });
}

export function reportMissing(shown: string): SignalboxError {
  return new SignalboxError('SB_NOT_FOUND', `there is no "${shown}" in the worktree`, {
    next: 'Look up the path with glob.',
  });
}

export function reportFailure(
  shown: string,
  problem: string,
  next: string,
  cause?: unknown,
): SignalboxError {
  return new SignalboxError('SB_TOOL_FAILED', `"${shown}" ${problem}`, { next, cause });
}

/** What a failed file operation on `shown` means to the caller. */
export function parseFileSystemError(error: unknown, shown: string): SignalboxError {
  if (error instanceof SignalboxError) return error;
  switch (fileSystemCode(error)) {
    case 'ENOENT':
      return reportMissing(shown);
    case 'ELOOP':
      return refuseOutside(shown, 'became a symbolic link while it was being opened');
    case 'ENOTDIR':
      return reportFailure(shown, 'passes through a file', 'Use a path whose parents are folders.');
    case 'EISDIR':
      return reportFailure(shown, 'is a folder', 'Name a file in it.');
    case 'EACCES':
    case 'EPERM':
      return reportFailure(shown, 'may not be touched', 'Check its permissions.', error);
    case 'ENAMETOOLONG':
      return reportFailure(shown.slice(0, 80), 'is too long a path', 'Use shorter names.');
    case 'ENOSPC':
      return new SignalboxError('SB_STORAGE_FULL', `there is no room left to write "${shown}"`, {
        cause: error,
        next: 'Free some space on the disk that holds the worktrees.',
      });
    default:
      return reportFailure(
        shown,
        `cannot be used: ${describeError(error)}`,
        'Look at it with bash.',
        error,
      );
  }
}
