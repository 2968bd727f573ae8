/** Looks for a nats-server that is here already: on PATH, then in our cache. Also owns the place in the cache. */
import { access, chmod, constants, mkdir, rename } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import type { Environment } from './attempt.ts';
import { probeServerBinary } from './server-version.ts';

export interface SearchOptions {
  readonly env: Environment;
  readonly cacheDir: string;
  readonly log: (line: string) => void;
}

export type SearchResult =
  | { readonly status: 'found'; readonly path: string }
  | { readonly status: 'missing'; readonly tried: readonly string[] };

export function cachedBinaryPath(cacheDir: string): string {
  return join(cacheDir, 'bin', 'nats-server');
}

export async function findInstalledServer(options: SearchOptions): Promise<SearchResult> {
  const onPath = await findOnPath('nats-server', options.env['PATH']);
  const tried = onPath === undefined ? ['PATH: no nats-server'] : [];
  const inCache = cachedBinaryPath(options.cacheDir);
  for (const path of [onPath, inCache]) {
    if (path === undefined) continue;
    if (!(await isExecutable(path))) {
      tried.push(`the cache: no ${path}`);
      continue;
    }
    const probe = await probeServerBinary(path);
    if (probe.status === 'usable') return { status: 'found', path };
    const reason =
      probe.status === 'tooOld'
        ? `has version ${probe.version}, too old`
        : `does not run: ${probe.reason}`;
    options.log(`Skipping ${path}: it ${reason}`);
    tried.push(`${path}: ${reason}`);
  }
  return { status: 'missing', tried };
}

export async function findOnPath(program: string, searchPath = ''): Promise<string | undefined> {
  for (const folder of searchPath.split(delimiter)) {
    const path = join(folder, program);
    if (folder !== '' && (await isExecutable(path))) return path;
  }
  return undefined;
}

/** Moves a program that has proved itself into the cache, in one step: two set-ups at once do not collide. */
export async function placeInCache(path: string, cacheDir: string): Promise<string> {
  const target = cachedBinaryPath(cacheDir);
  await mkdir(dirname(target), { recursive: true });
  await chmod(path, 0o755);
  await rename(path, target);
  return target;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
