/**
 * Owns second processes in tests: Node running our TypeScript sources, for what only a process of its own can show
 * (being killed with -9, holding a lock). Vite's module runner compiles them, so no build is needed.
 */
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import { repositoryRoot } from './repository-root.ts';

/**
 * Starts Node on `body`, JavaScript with top-level await in which `load('runtime/…/x.ts')` imports a source file by
 * its path from the repository root. Standard output is piped, standard error is shown. The caller ends it.
 */
export function startTypeScript(
  body: string,
  env: NodeJS.ProcessEnv = process.env,
): ChildProcessByStdio<null, Readable, null> {
  const prelude = `
    import { runnerImport } from 'vite';
    const load = async (path) =>
      (await runnerImport(process.cwd() + '/' + path, { configFile: false, logLevel: 'error' })).module;
  `;
  return spawn(process.execPath, ['--input-type=module', '-e', prelude + body], {
    cwd: repositoryRoot,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}
