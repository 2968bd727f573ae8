/** Finds the Chromium that the browser tests drive, or gets one. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runCommand, SetupError } from './run-command.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** @typedef {{ path?: string, reason?: string }} Found */

/**
 * The path of a Chromium that runs.
 * @param {string} root
 * @param {(line: string) => void} say
 * @returns {Promise<string>}
 */
export async function obtainChromium(root, say) {
  const configured = process.env.CHROMIUM;
  if (configured !== undefined && configured !== '') {
    if (await runs(configured)) return configured;
    throw new SetupError(
      `CHROMIUM names ${configured}, which does not run. Set it to another path, or unset it.`,
    );
  }
  /** @type {string[]} */
  const tried = [];
  /** @type {readonly [string, () => Found | Promise<Found>][]} */
  const ways = [
    ['PATH', findOnPath],
    ['apt-get', () => installWithApt(say)],
    ['playwright', () => installWithPlaywright(root, say)],
  ];
  for (const [way, obtain] of ways) {
    const { path, reason } = await obtain();
    if (path !== undefined && (await runs(path))) return path;
    tried.push(`  - ${way}: ${reason ?? `${path} does not run`}`);
  }
  throw new SetupError(
    `The browser tests need a Chromium, and none was found or could be obtained:\n${tried.join('\n')}\nWays to go on:\n` +
      '  1. Install one (Debian: apt-get install chromium) or set CHROMIUM to the path of one.\n' +
      '  2. Leave the browser tests out: npm test -- --skip browser',
  );
}

/** @param {string} path */
async function runs(path) {
  return (await runCommand([path, '--version'])).ok;
}

/** @returns {Found} */
function findOnPath() {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of names) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return { path };
      } catch {
        continue;
      }
    }
  }
  return { reason: `none of ${names.join(', ')}` };
}

/**
 * @param {(line: string) => void} say
 * @returns {Promise<Found>}
 */
async function installWithApt(say) {
  if (process.getuid?.() !== 0) return { reason: 'installing needs root' };
  if (!(await runCommand(['apt-get', '--version'])).ok) return { reason: 'this system has none' };
  say('Installing Chromium for the browser tests (apt-get install chromium)');
  await runCommand(['apt-get', 'update']);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['install', '-y', '--no-install-recommends', 'chromium'];
  const { ok, output } = await runCommand(['apt-get', ...install], { env });
  return ok ? findOnPath() : { reason: output.trim().split('\n').slice(-3).join(' | ') };
}

/**
 * @param {string} root
 * @param {(line: string) => void} say
 * @returns {Promise<Found>}
 */
async function installWithPlaywright(root, say) {
  say('Installing Chromium for the browser tests (playwright-core install chromium)');
  const tool = join(root, 'node_modules', 'playwright-core');
  const { ok, output } = await runCommand([
    process.execPath,
    join(tool, 'cli.js'),
    'install',
    'chromium',
  ]);
  if (!ok) return { reason: output.trim().split('\n').slice(-3).join(' | ') };
  const { chromium } = await import('playwright-core');
  return { path: chromium.executablePath() };
}
