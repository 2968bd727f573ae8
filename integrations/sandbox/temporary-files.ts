/**
 * Owns the names of the temporary files behind atomic writes, and the removal of those a killed process has left:
 * they would otherwise be committed with the change. A file is a leftover when its process is gone; one of another
 * process that lives is left alone until it is old.
 */
import { randomBytes } from 'node:crypto';
import { lstat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { glob } from 'tinyglobby';
import { openConfinedFolder } from './confined-folder.ts';
import { fileSystemCode, parseFileSystemError } from './file-system-errors.ts';

/** Matches every temporary file, for sweeping and for leaving them out of listings. */
export const temporaryFilePattern = '**/.signalbox-*.tmp';

const temporaryName = /^\.signalbox-(\d+)-([0-9a-f]+)-[0-9a-f]+\.tmp$/u;

/** Tells this process from an earlier one with the same id. */
const processToken = randomBytes(6).toString('hex');

/** Far longer than any write takes. */
const oldAfterMs = 60_000;

export function makeTemporaryName(): string {
  return `.signalbox-${process.pid}-${processToken}-${randomBytes(8).toString('hex')}.tmp`;
}

/** Removes leftovers below the root. `left` counts those that may still be in use. */
export async function sweepTemporaryFiles(
  realRoot: string,
  now: () => number,
): Promise<{ readonly removed: number; readonly left: number }> {
  const found = await glob(temporaryFilePattern, {
    cwd: realRoot,
    dot: true,
    followSymbolicLinks: false,
    expandDirectories: false,
    ignore: ['**/.git/**', '**/node_modules/**'],
  });
  let removed = 0;
  let left = 0;
  for (const path of found) {
    const state = await classifyTemporary(realRoot, path, now());
    if (state === 'leftover') {
      await removeInside(realRoot, path);
      removed += 1;
    } else if (state === 'foreign') {
      left += 1;
    }
  }
  return { removed, left };
}

async function classifyTemporary(
  realRoot: string,
  path: string,
  nowMs: number,
): Promise<'ours' | 'foreign' | 'leftover' | 'unrelated'> {
  const match = temporaryName.exec(path.slice(path.lastIndexOf('/') + 1));
  if (match === null) return 'unrelated';
  if (match[2] === processToken) return 'ours';
  const pid = Number(match[1]);
  if (pid === process.pid || !isAlive(pid)) return 'leftover';
  try {
    const { mtimeMs } = await lstat(join(realRoot, path));
    return nowMs - mtimeMs > oldAfterMs ? 'leftover' : 'foreign';
  } catch (error) {
    if (fileSystemCode(error) === 'ENOENT') return 'unrelated';
    throw parseFileSystemError(error, path);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return fileSystemCode(error) === 'EPERM';
  }
}

async function removeInside(realRoot: string, path: string): Promise<void> {
  const segments = path.split('/');
  const name = segments.pop() ?? '';
  const folder = await openConfinedFolder({ realRoot, segments, create: false, shown: path });
  try {
    await unlink(folder.entry(name));
  } catch (error) {
    if (fileSystemCode(error) !== 'ENOENT') throw parseFileSystemError(error, path);
  } finally {
    await folder.close();
  }
}
