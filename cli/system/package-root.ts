/** The folder of our package.json: the same from the sources and from `dist/`. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function findPackageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('signalbox does not run from its package folder');
    folder = parent;
  }
  return folder;
}

export const packageRoot = findPackageRoot();
