/**
 * Owns the question where a path leads: its names below the real root, with every symbolic link resolved, or a
 * refusal (`SB_PATH_OUTSIDE`). Between the answer and its use a folder may be replaced by a link; confined-folder.ts
 * leaves no room for that. State comes from the file system on every call, nothing is cached.
 */
import { lstat, realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { SignalboxError } from '../../runtime/contract/errors.ts';
import { fileSystemCode, parseFileSystemError, refuseOutside } from './file-system-errors.ts';

export interface ConfinedPath {
  /** The root with its own symbolic links resolved. */
  readonly realRoot: string;
  /** Names from the real root to the entry; none of them is a link. Empty for the root itself. */
  readonly segments: readonly string[];
  /** Whether the entry was there. */
  readonly exists: boolean;
  /** The path as the caller wrote it, for messages. */
  readonly shown: string;
}

/** Code points that HFS+ ignores in names: `.g\u200cit` is `.git` there. */
const ignoredInNames = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/gu;

/** Whether a name is git's own folder, on any file system that folds case or drops characters. */
export function isGitName(name: string): boolean {
  const folded = name
    .replaceAll(ignoredInNames, '')
    .replace(/[. ]+$/u, '')
    .toLowerCase();
  return folded === '.git' || folded === 'git~1';
}

/** The names of `target` below `folder`, or undefined when it is not below. Both absolute and resolved. */
function segmentsBelow(folder: string, target: string): readonly string[] | undefined {
  const path = relative(folder, target);
  if (path === '') return [];
  const segments = path.split(sep);
  return isAbsolute(path) || segments[0] === '..' ? undefined : segments;
}

/** The root with links resolved. Throws `SB_NOT_FOUND`. */
export async function resolveRoot(root: string): Promise<string> {
  try {
    return await realpath(root);
  } catch (cause) {
    throw new SignalboxError('SB_NOT_FOUND', `the worktree ${root} cannot be opened`, {
      cause,
      next: 'Check that it was not removed; a new session gets a new worktree.',
    });
  }
}

/** Resolves `path` below `root`. Throws `SB_PATH_OUTSIDE`, `SB_NOT_FOUND` (no root) or `SB_TOOL_FAILED`. */
export async function confinePath(root: string, path: string): Promise<ConfinedPath> {
  const realRoot = await resolveRoot(root);
  const named = namedSegments([root, realRoot], path);
  refuseGit(named, path);
  const resolved = await resolveLinks(realRoot, named, path);
  refuseGit(resolved.segments, path);
  return { realRoot, ...resolved, shown: path };
}

/** What the path says by itself, before the file system is asked. */
function namedSegments(roots: readonly string[], path: string): readonly string[] {
  if (path.includes('\0'))
    throw refuseOutside(path.replaceAll('\0', '\\0'), 'holds a NUL character');
  const written = path.split(sep);
  // Even where `..` stays inside by its letters, a link before it can make it mean something else.
  if (written.includes('..')) throw refuseOutside(path, 'holds "..", which is not allowed');
  if (!isAbsolute(path)) return written.filter((name) => name !== '' && name !== '.');
  for (const root of roots) {
    const below = segmentsBelow(root, path);
    if (below !== undefined) return below;
  }
  throw refuseOutside(path, 'leads outside the worktree');
}

async function resolveLinks(
  realRoot: string,
  named: readonly string[],
  shown: string,
): Promise<{ segments: readonly string[]; exists: boolean }> {
  let segments: readonly string[] = [];
  for (const [index, name] of named.entries()) {
    const at = join(realRoot, ...segments, name);
    const kind = await inspectEntry(at, shown);
    if (kind === 'missing')
      return { segments: [...segments, ...named.slice(index)], exists: false };
    segments = kind === 'link' ? await followLink(realRoot, at, shown) : [...segments, name];
  }
  return { segments, exists: true };
}

async function inspectEntry(at: string, shown: string): Promise<'missing' | 'link' | 'entry'> {
  try {
    return (await lstat(at)).isSymbolicLink() ? 'link' : 'entry';
  } catch (error) {
    if (fileSystemCode(error) === 'ENOENT') return 'missing';
    throw parseFileSystemError(error, shown);
  }
}

async function followLink(realRoot: string, at: string, shown: string): Promise<readonly string[]> {
  let target: string;
  try {
    target = await realpath(at);
  } catch (error) {
    const code = fileSystemCode(error);
    if (code === 'ENOENT' || code === 'ELOOP') {
      throw refuseOutside(shown, 'passes through a symbolic link that leads nowhere');
    }
    throw parseFileSystemError(error, shown);
  }
  const below = segmentsBelow(realRoot, target);
  if (below === undefined) {
    throw refuseOutside(shown, 'leads outside the worktree through a symbolic link');
  }
  return below;
}

function refuseGit(segments: readonly string[], shown: string): void {
  if (segments.some(isGitName)) {
    throw refuseOutside(shown, "is git's own, not part of the worktree's files");
  }
}
