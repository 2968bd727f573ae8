/** Builds the console into a folder with the very command that the project uses, as production does. */
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const consoleFolder = fileURLToPath(new URL('..', import.meta.url));
const vite = join(
  dirname(fileURLToPath(import.meta.resolve('vite/package.json'))),
  'bin',
  'vite.js',
);

export async function buildConsole(outputFolder: string): Promise<void> {
  const options = ['build', consoleFolder, '--outDir', outputFolder, '--emptyOutDir'];
  await promisify(execFile)(process.execPath, [vite, ...options, '--logLevel', 'warn'], {
    // A test runner sets NODE_ENV, and Lit would be built in its development mode.
    env: { ...process.env, NODE_ENV: 'production' },
  });
}
