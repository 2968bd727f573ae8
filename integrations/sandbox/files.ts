/**
 * Owns the three file operations of a workspace: read a range of lines, write, replace exact text. Confinement, link
 * safety and atomicity come from the modules it puts together.
 */
import { join } from 'node:path';
import type { FileSlice, WorkspacePort } from '../../actors/ports/workspace.ts';
import { reportFailure } from './file-system-errors.ts';
import { replaceFile } from './atomic-write.ts';
import type { LineEnds } from './line-ends.ts';
import { adoptLineEnds, detectLineEnds, splitLines } from './line-ends.ts';
import type { ConfinedPath } from './path-confinement.ts';
import { confinePath } from './path-confinement.ts';
import { readTextFile } from './text-file.ts';
import type { WriteQueue } from './write-queue.ts';

/** `offset` is the number of the first line wanted, from 1. A file of CRLF lines is shown with plain line ends. */
export async function readLines(
  root: string,
  path: string,
  range: { readonly offset: number; readonly limit: number },
): Promise<FileSlice> {
  const { text } = await readTextFile(await confinePath(root, path));
  const lines = splitLines(text);
  const firstLine = Math.max(1, range.offset);
  if (firstLine > Math.max(1, lines.length)) {
    throw reportFailure(
      path,
      `has ${lines.length} lines; line ${firstLine} is past its end`,
      'Read from an earlier line.',
    );
  }
  const chosen = lines.slice(firstLine - 1, firstLine - 1 + range.limit);
  return {
    text: chosen.join('\n'),
    firstLine,
    lastLine: firstLine + chosen.length - 1,
    totalLines: lines.length,
  };
}

export async function writeWhole(
  queue: WriteQueue,
  root: string,
  path: string,
  content: string,
): ReturnType<WorkspacePort['writeFile']> {
  const confined = await confinePath(root, path);
  return queue(queueKey(confined), () => replaceFile(confined, content));
}

export async function editText(
  queue: WriteQueue,
  root: string,
  path: string,
  edit: { readonly oldText: string; readonly newText: string; readonly all: boolean },
): ReturnType<WorkspacePort['editFile']> {
  const confined = await confinePath(root, path);
  return queue(queueKey(confined), async () => {
    const { text } = await readTextFile(confined);
    const { changed, replacements } = replaceExact(text, edit, path);
    await replaceFile(confined, changed);
    return { replacements };
  });
}

function queueKey(path: ConfinedPath): string {
  return join(path.realRoot, ...path.segments);
}

/** Pure. In a file of CRLF lines, plain line ends in both texts mean CRLF. */
export function replaceExact(
  text: string,
  edit: { readonly oldText: string; readonly newText: string; readonly all: boolean },
  shown: string,
): { readonly changed: string; readonly replacements: number } {
  const ends = detectLineEnds(text);
  const oldText = adoptLineEnds(edit.oldText, ends);
  const newText = adoptLineEnds(edit.newText, ends);
  if (oldText === '') {
    throw reportFailure(shown, 'cannot be edited: the old text is empty', 'Use write instead.');
  }
  const parts = text.split(oldText);
  const count = parts.length - 1;
  if (count === 0) throw reportAbsent(shown, ends);
  if (count > 1 && !edit.all) {
    throw reportFailure(
      shown,
      `has the old text ${count} times`,
      'Give more of the text around the one you mean, or set all to change every one.',
    );
  }
  return { changed: parts.join(newText), replacements: count };
}

function reportAbsent(shown: string, ends: LineEnds): Error {
  const mixture = ends === 'mixed' ? ' (it mixes CRLF and LF line ends, which must match)' : '';
  return reportFailure(
    shown,
    `does not hold the old text${mixture}`,
    'Read the file again and copy the text exactly, spaces included.',
  );
}
