/**
 * Owns replacing a file in one step: written to a temporary file beside it, flushed, renamed over it. A crash at any
 * point leaves the old file or the new one; writers at the same time leave one whole version.
 */
import { constants } from 'node:fs';
import { lstat, open, rename, unlink } from 'node:fs/promises';
import type { ConfinedFolder } from './confined-folder.ts';
import { openConfinedFolder } from './confined-folder.ts';
import {
  fileSystemCode,
  parseFileSystemError,
  refuseOutside,
  reportFailure,
} from './file-system-errors.ts';
import type { ConfinedPath } from './path-confinement.ts';
import { makeTemporaryName } from './temporary-files.ts';
import { splitEntry } from './text-file.ts';

const createFlags =
  constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Writes `content`, making missing folders for a new file and keeping the mode of one that was there. */
export async function replaceFile(
  path: ConfinedPath,
  content: string,
): Promise<{ readonly bytes: number; readonly created: boolean }> {
  const { parents, name } = splitEntry(path);
  const folder = await openConfinedFolder({ ...path, segments: parents, create: !path.exists });
  try {
    const mode = await replaceableMode(folder, name, path.shown);
    const data = Buffer.from(content, 'utf8');
    await writeThenRename(folder, name, data, mode);
    return { bytes: data.byteLength, created: mode === undefined };
  } catch (error) {
    throw parseFileSystemError(error, path.shown);
  } finally {
    await folder.close();
  }
}

/** The mode of the regular file to be replaced; undefined when there is none. */
async function replaceableMode(
  folder: ConfinedFolder,
  name: string,
  shown: string,
): Promise<number | undefined> {
  try {
    const stats = await lstat(folder.entry(name));
    if (stats.isFile()) return stats.mode & 0o7777;
    if (stats.isDirectory()) throw reportFailure(shown, 'is a folder', 'Name a file.');
    if (stats.isSymbolicLink()) {
      throw refuseOutside(shown, 'became a symbolic link while it was being written');
    }
    throw reportFailure(shown, 'is not a regular file', 'Choose another name.');
  } catch (error) {
    if (fileSystemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function writeThenRename(
  folder: ConfinedFolder,
  name: string,
  data: Uint8Array,
  mode: number | undefined,
): Promise<void> {
  const temporary = folder.entry(makeTemporaryName());
  const handle = await open(temporary, createFlags, 0o666);
  try {
    try {
      await handle.writeFile(data);
      if (mode !== undefined) await handle.chmod(mode);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await folder.verify();
    await rename(temporary, folder.entry(name));
  } catch (error) {
    await unlink(temporary);
    throw error;
  }
}
