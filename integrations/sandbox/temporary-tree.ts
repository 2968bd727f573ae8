/** Owns the folders that the sandbox's own tests work in: a root, a place outside it, both removed afterwards. */
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface TemporaryTree {
  readonly root: string;
  /** A neighbour of the root that holds `secret.txt` with the text `secret`. */
  readonly outside: string;
  /** Writes a file below the root, making folders. */
  put(path: string, content: string | Uint8Array): Promise<void>;
  remove(): Promise<void>;
}

export async function makeTemporaryTree(): Promise<TemporaryTree> {
  const base = await realpath(await mkdtemp(join(tmpdir(), 'signalbox-sandbox-')));
  const root = join(base, 'root');
  const outside = join(base, 'outside');
  await mkdir(root);
  await mkdir(outside);
  await writeFile(join(outside, 'secret.txt'), 'secret');
  return {
    root,
    outside,
    async put(path, content) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), content);
    },
    remove: () => rm(base, { recursive: true, force: true }),
  };
}
