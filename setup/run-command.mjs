/** Runs a command of the set-up and keeps its output for the case that it fails. No dependencies. */
import { spawn } from 'node:child_process';

/**
 * @typedef {object} Result
 * @property {boolean} ok
 * @property {string} output Standard output and standard error, as they came.
 * @property {string} ending `exit code 1`, `SIGKILL`, or why it did not start.
 */

/**
 * @param {readonly [string, ...string[]]} command
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, show?: boolean }} [options] `show`: straight to the terminal.
 * @returns {Promise<Result>}
 */
export function runCommand([program, ...args], options = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: [
        'ignore',
        options.show === true ? 'inherit' : 'pipe',
        options.show === true ? 'inherit' : 'pipe',
      ],
    });
    /** @type {Buffer[]} */
    const chunks = [];
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (/** @type {Buffer} */ chunk) => chunks.push(chunk));
    const finish = (/** @type {boolean} */ ok, /** @type {string} */ ending) => {
      resolve({ ok, output: Buffer.concat(chunks).toString(), ending });
    };
    child.once('error', (error) => finish(false, error.message));
    child.once('close', (code, signal) => finish(code === 0, signal ?? `exit code ${code}`));
  });
}

/** A failure of the set-up that its message explains completely. */
export class SetupError extends Error {
  /** @override */
  name = 'SetupError';
}
