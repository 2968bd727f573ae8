/**
 * Owns folders held open so that no link can be slipped in on the way: each name is opened in the folder opened
 * before it, never following links. Node has no `openat`; on Linux `/proc/self/fd/<n>/<name>` is one. Elsewhere
 * plain paths are used and the folder is resolved again before and after: a swap is noticed, though not prevented.
 * A handle is closed by whoever opened it.
 */
import { constants } from 'node:fs';
import { mkdir, open, readlink, realpath } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { fileSystemCode, parseFileSystemError, refuseOutside } from './file-system-errors.ts';

export interface ConfinedFolder {
  /** A path to use for the entry `name` while the folder is open. */
  entry(name: string): string;
  /** Throws `SB_PATH_OUTSIDE` when the folder is no longer where it was when it was resolved. */
  verify(): Promise<void>;
  close(): Promise<void>;
}

export interface FolderRequest {
  readonly realRoot: string;
  /** Resolved names of the folder below the root; none is a link. */
  readonly segments: readonly string[];
  /** Makes the folders that are missing. */
  readonly create: boolean;
  readonly shown: string;
}

const descendsByDescriptor = process.platform === 'linux';
const openFolderFlags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** Throws `SB_PATH_OUTSIDE`, `SB_NOT_FOUND` or `SB_TOOL_FAILED`. */
export async function openConfinedFolder(request: FolderRequest): Promise<ConfinedFolder> {
  let handle = await openFolder(request.realRoot, request);
  let path = request.realRoot;
  for (const name of request.segments) {
    const parent = handle;
    try {
      const entry = join(folderPath(parent, path), name);
      if (request.create) await makeFolder(entry, request.shown);
      handle = await openFolder(entry, request);
    } finally {
      await parent.close();
    }
    path = join(path, name);
  }
  const folder = holdFolder(handle, path, request.shown);
  try {
    await folder.verify();
  } catch (error) {
    await folder.close();
    throw error;
  }
  return folder;
}

function holdFolder(handle: FileHandle, path: string, shown: string): ConfinedFolder {
  return {
    entry: (name) => join(folderPath(handle, path), name),
    async verify() {
      const now = descendsByDescriptor
        ? await readlink(`/proc/self/fd/${handle.fd}`)
        : await realpath(path).catch((error: unknown) => {
            throw parseFileSystemError(error, shown);
          });
      if (now !== path) throw refuseOutside(shown, 'was moved while it was being used');
    },
    close: () => handle.close(),
  };
}

function folderPath(handle: FileHandle, path: string): string {
  return descendsByDescriptor ? `/proc/self/fd/${handle.fd}` : path;
}

async function openFolder(path: string, request: FolderRequest): Promise<FileHandle> {
  try {
    return await open(path, openFolderFlags);
  } catch (error) {
    // The resolved path had folders only: what is none now was put there since.
    if (fileSystemCode(error) === 'ENOTDIR' && path !== request.realRoot) {
      throw refuseOutside(request.shown, 'passes through something that is not a folder');
    }
    throw parseFileSystemError(error, request.shown);
  }
}

async function makeFolder(path: string, shown: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (fileSystemCode(error) !== 'EEXIST') throw parseFileSystemError(error, shown);
  }
}
