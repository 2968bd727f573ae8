/**
 * Reads `git status --porcelain=v2 -z` as a list of what differs from HEAD. A move is `renamed` when
 * git's index knows of it (`git mv`); otherwise it is a deletion and an addition.
 */
import type { ChangedFile } from '../../actors/ports/repository.ts';
import { SignalboxError } from '../../runtime/contract/errors.ts';
import type { RunGit } from './git-command.ts';

type Change = ChangedFile['change'];

export async function listChangedFiles(
  git: RunGit,
  worktree: string,
): Promise<readonly ChangedFile[]> {
  const status = await git({
    directory: worktree,
    arguments: ['status', '--porcelain=v2', '-z', '--untracked-files=all', '--no-ahead-behind'],
  });
  return parseStatus(status.text);
}

/** Throws `SB_PROTOCOL` for a line that porcelain v2 does not have. */
export function parseStatus(text: string): readonly ChangedFile[] {
  const changes = new Map<string, ChangedFile>();
  const note = (path: string, change: Change, from?: string): void => {
    const before = changes.get(path)?.change;
    // Removed from the index and still (or again) there as an untracked file: its content changed.
    const settled = before === 'deleted' && change === 'added' ? 'modified' : change;
    changes.set(path, { path, change: settled, ...(from === undefined ? {} : { from }) });
  };
  const fields = text.split('\0');
  for (let index = 0; index < fields.length; index += 1) {
    const line = fields[index] ?? '';
    switch (line[0]) {
      case undefined:
      case '#':
      case '!':
        break;
      case '1':
        noteOrdinary(note, line.slice(2, 4), pathAfter(line, 8));
        break;
      case '2':
        index += 1;
        noteRenamed(note, line, fields[index] ?? '');
        break;
      case 'u':
        note(pathAfter(line, 10), 'modified');
        break;
      case '?':
        note(line.slice(2), 'added');
        break;
      default:
        throw new SignalboxError(
          'SB_PROTOCOL',
          `git status wrote a line that is not known: ${line}`,
          {
            next: 'Check the version of git (2.39 or newer is supported).',
          },
        );
    }
  }
  return [...changes.values()].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

type Note = (path: string, change: Change, from?: string) => void;

/** `state`: the index against HEAD, then the worktree against the index. */
function noteOrdinary(note: Note, state: string, path: string): void {
  const isNew = state.includes('A');
  const isGone = state.includes('D');
  // Added to the index and deleted since: nothing differs from HEAD.
  if (isNew && isGone) return;
  note(path, isNew ? 'added' : isGone ? 'deleted' : 'modified');
}

function noteRenamed(note: Note, line: string, from: string): void {
  const path = pathAfter(line, 9);
  const state = line.slice(2, 4);
  const isCopy = pathField(line, 8).startsWith('C');
  const isGone = state.endsWith('D');
  if (isCopy) {
    if (!isGone) note(path, 'added');
  } else if (isGone) {
    note(from, 'deleted');
  } else {
    note(path, 'renamed', from);
  }
}

function pathField(line: string, position: number): string {
  return line.split(' ')[position] ?? '';
}

/** The path is the rest of the line after `count` fields: it may hold spaces. */
function pathAfter(line: string, count: number): string {
  return line.split(' ').slice(count).join(' ');
}
