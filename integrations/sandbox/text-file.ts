/**
 * Owns the reading of one text file: opened without following links, refused when it is not a regular file, too
 * large, or not UTF-8 text. Where the path leads is decided by path-confinement.ts.
 */
import { constants } from 'node:fs';
import type { Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { ConfinedFolder } from './confined-folder.ts';
import { openConfinedFolder } from './confined-folder.ts';
import { parseFileSystemError, reportFailure, reportMissing } from './file-system-errors.ts';
import type { ConfinedPath } from './path-confinement.ts';

/** More than any file an agent should read whole; larger ones are for `sed -n` and the like. */
const maxTextFileBytes = 16 * 1024 * 1024;

export interface TextFile {
  /** With a byte order mark, if the file has one. */
  readonly text: string;
  readonly bytes: number;
  /** Permission bits. */
  readonly mode: number;
}

// O_NONBLOCK: opening a named pipe must not wait for a writer.
const readFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** The folder and the name of a resolved path. Throws `SB_TOOL_FAILED` for the root itself. */
export function splitEntry(path: ConfinedPath): { parents: readonly string[]; name: string } {
  const name = path.segments.at(-1);
  if (name === undefined) {
    throw reportFailure(path.shown, 'is the worktree itself, a folder', 'Name a file in it.');
  }
  return { parents: path.segments.slice(0, -1), name };
}

export async function readTextFile(path: ConfinedPath): Promise<TextFile> {
  const { parents, name } = splitEntry(path);
  if (!path.exists) throw reportMissing(path.shown);
  const folder = await openConfinedFolder({ ...path, segments: parents, create: false });
  try {
    return await readEntry(folder, name, path.shown);
  } finally {
    await folder.close();
  }
}

async function readEntry(folder: ConfinedFolder, name: string, shown: string): Promise<TextFile> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(folder.entry(name), readFlags);
    await folder.verify();
    const stats = await handle.stat();
    refuseUnreadable(stats, shown);
    const data = await handle.readFile();
    return { text: decodeText(data, shown), bytes: data.byteLength, mode: stats.mode & 0o7777 };
  } catch (error) {
    throw parseFileSystemError(error, shown);
  } finally {
    await handle?.close();
  }
}

function refuseUnreadable(stats: Stats, shown: string): void {
  if (stats.isDirectory()) throw reportFailure(shown, 'is a folder', 'List it with glob.');
  if (!stats.isFile()) {
    throw reportFailure(shown, 'is not a regular file', 'Name a text file.');
  }
  if (stats.size > maxTextFileBytes) {
    throw reportFailure(
      shown,
      `has ${stats.size} bytes, more than the ${maxTextFileBytes} that can be read or edited here`,
      'Use bash with sed, head or tail.',
    );
  }
}

function decodeText(data: Uint8Array, shown: string): string {
  const refusal = (what: string) =>
    reportFailure(shown, `is ${what} (${data.byteLength} bytes)`, 'Use bash for it, if at all.');
  if (data.includes(0)) throw refusal('a binary file');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    throw refusal('not UTF-8 text');
  }
}
