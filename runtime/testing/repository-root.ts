/** The folder of package.json, from the sources and from dist/ alike. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const repositoryRoot = findRoot(import.meta.dirname);

function findRoot(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  if (folder === dirname(folder)) throw new Error(`no package.json above ${import.meta.dirname}`);
  return findRoot(dirname(folder));
}
