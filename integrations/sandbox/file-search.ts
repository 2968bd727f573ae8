/** Owns finding files by name below a root. Links are never followed, so nothing outside can be listed. */
import { glob } from 'tinyglobby';
import type { WorkspacePort } from '../../actors/ports/workspace.ts';
import { parseFileSystemError } from './file-system-errors.ts';
import { excludedFolders, refuseOutsidePattern } from './glob-patterns.ts';
import { isGitName, resolveRoot } from './path-confinement.ts';
import { temporaryFilePattern } from './temporary-files.ts';

export async function findFilesBelow(
  root: string,
  pattern: string,
  limit: number,
): ReturnType<WorkspacePort['findFiles']> {
  refuseOutsidePattern(pattern);
  const realRoot = await resolveRoot(root);
  const found = await listMatches(realRoot, pattern);
  const inside = found.filter(
    (path) => !path.split('/').some((name) => name === '..' || isGitName(name)),
  );
  inside.sort();
  return { paths: inside.slice(0, limit), truncated: inside.length > limit };
}

async function listMatches(realRoot: string, pattern: string): Promise<string[]> {
  try {
    return await glob(pattern, {
      cwd: realRoot,
      dot: true,
      onlyFiles: true,
      followSymbolicLinks: false,
      expandDirectories: false,
      ignore: [...excludedFolders.map((name) => `**/${name}/**`), temporaryFilePattern],
    });
  } catch (error) {
    throw parseFileSystemError(error, pattern);
  }
}
