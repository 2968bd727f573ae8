/** Brings a clone to the point where its program runs: requirements, dependencies, build. Quick when all is there. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildAll } from './build.mjs';
import { installDependencies } from './install.mjs';
import { assertGit, assertNode } from './requirements.mjs';
import { SetupError } from './run-command.mjs';
import { withSetupLock } from './setup-lock.mjs';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The compiled command line. Importing it runs it, with the arguments in `process.argv`. */
export const mainFile = join(root, 'dist', 'cli', 'main.js');

/** Progress goes to standard error: standard output belongs to the command that follows. */
export function say(/** @type {string} */ line) {
  process.stderr.write(`signalbox: ${line} …\n`);
}

export async function bootstrap() {
  assertNode(process.versions.node);
  await assertGit();
  await withSetupLock(join(root, '.cache', 'setup.lock'), say, async () => {
    await installDependencies(root, say);
    await buildAll(root, say);
  });
}

/** Runs `work`; a failure of the set-up ends the process with its message alone. */
export async function orExplain(/** @type {() => Promise<void>} */ work) {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`\nsignalbox: ${error.message}\n`);
    process.exit(1);
  }
}
