/**
 * Owns the names of the temporary files behind atomic writes, and the removal of those a killed process has left:
 * they would otherwise be committed with the change. A name says whose file it is. It is a leftover when that process
 * has ended, or when the file is old.
 */
import { randomBytes } from 'node:crypto';
import { lstat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { glob } from 'tinyglobby';
import { identifyProcess, isSameProcessAlive } from '../../runtime/processes/process-identity.ts';
import { openConfinedFolder } from './confined-folder.ts';
import { fileSystemCode, parseFileSystemError } from './file-system-errors.ts';

/** Matches every temporary file, for sweeping and for leaving them out of listings. */
export const temporaryFilePattern = '**/.signalbox-*.tmp';

const temporaryName = /^\.signalbox-(\d+)-(\d+|x)-[0-9a-f]+\.tmp$/u;

/** Far longer than any write takes. Counts where a pid alone, which is handed out again, has to tell processes apart. */
const oldAfterMs = 60_000;

export function makeTemporaryName(): string {
  const { pid, startTicks } = identifyProcess(process.pid);
  return `.signalbox-${pid}-${startTicks ?? 'x'}-${randomBytes(8).toString('hex')}.tmp`;
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
    } else if (state === 'inUse') {
      left += 1;
    }
  }
  return { removed, left };
}

async function classifyTemporary(
  realRoot: string,
  path: string,
  nowMs: number,
): Promise<'inUse' | 'leftover' | 'unrelated'> {
  const match = temporaryName.exec(path.slice(path.lastIndexOf('/') + 1));
  if (match === null) return 'unrelated';
  const startTicks = match[2] === 'x' ? {} : { startTicks: Number(match[2]) };
  if (!isSameProcessAlive({ pid: Number(match[1]), ...startTicks })) return 'leftover';
  try {
    const { mtimeMs } = await lstat(join(realRoot, path));
    return nowMs - mtimeMs > oldAfterMs ? 'leftover' : 'inUse';
  } catch (error) {
    if (fileSystemCode(error) === 'ENOENT') return 'unrelated';
    throw parseFileSystemError(error, path);
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
