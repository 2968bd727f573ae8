/** Owns node_modules: installs exactly what package-lock.json says, and only when that is not there already. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runCommand, SetupError } from './run-command.mjs';

/**
 * @param {string} root
 * @param {(line: string) => void} say
 */
export async function installDependencies(root, say) {
  if (!isInstalled(root)) {
    say('Installing dependencies (npm ci)');
    // Without scripts: the one package that needs its script gets it below, where its failure can be explained.
    const result = await runCommand(['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: root,
    });
    if (!result.ok) {
      throw new SetupError(
        `npm ci failed (${result.ending}):\n${result.output}\n` +
          'Check that this machine reaches the npm registry (npm ping), then run the same command again.',
      );
    }
  }
  if (!hasSqliteBinding(root)) await buildSqlite(root, say);
}

/** @typedef {Record<string, { version?: string, optional?: boolean, devOptional?: boolean }>} Packages */

/**
 * npm writes down what it has installed; every package that is not optional has to be there, in the locked version.
 * @param {string} root
 */
export function isInstalled(root) {
  const installed = readPackages(join(root, 'node_modules', '.package-lock.json'));
  const locked = readPackages(join(root, 'package-lock.json')) ?? {};
  if (installed === undefined) return false;
  return Object.entries(locked).every(
    ([path, entry]) =>
      path === '' ||
      entry.optional === true ||
      entry.devOptional === true ||
      installed[path]?.version === entry.version,
  );
}

/**
 * @param {string} file
 * @returns {Packages | undefined}
 */
function readPackages(file) {
  if (!existsSync(file)) return undefined;
  /** @type {unknown} */
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  return /** @type {{ packages: Packages }} */ (lock).packages;
}

/** @param {string} root */
function hasSqliteBinding(root) {
  return existsSync(join(root, 'node_modules', 'sqlite3', 'build', 'Release', 'node_sqlite3.node'));
}

const compilers = ['python3', 'make', 'g++'];

/**
 * The history is in SQLite, whose binding is downloaded ready-made from GitHub, or else compiled.
 * @param {string} root
 * @param {(line: string) => void} say
 */
async function buildSqlite(root, say) {
  say('Getting the SQLite binding (npm rebuild sqlite3; a minute where it has to be compiled)');
  const first = await rebuildSqlite(root);
  if (first.ok && hasSqliteBinding(root)) return;
  const missing = await findMissing(compilers);
  if (missing.length > 0 && (await installCompilers(say))) {
    const second = await rebuildSqlite(root);
    if (second.ok && hasSqliteBinding(root)) return;
  }
  throw new SetupError(
    `${first.output}\nThe SQLite binding (package sqlite3) could neither be downloaded nor compiled. Ways to go on:\n` +
      '  1. Let this machine reach github.com, where the ready-made binding is.\n' +
      `  2. Install a compiler: python3, make and g++ (Debian: apt-get install python3 make g++)${
        missing.length > 0 ? `; missing here: ${missing.join(', ')}` : ''
      }.\n` +
      '  3. Where Node headers cannot be downloaded: set npm_config_nodedir to the folder that has include/node.\n' +
      'Then run the same command again.',
  );
}

/** @param {string} root */
function rebuildSqlite(root) {
  // Node's own headers, where they are installed with it, spare node-gyp a download.
  const prefix = dirname(dirname(process.execPath));
  const hasHeaders = existsSync(join(prefix, 'include', 'node', 'node_api.h'));
  const nodedir = process.env.npm_config_nodedir ?? (hasHeaders ? prefix : undefined);
  const env = nodedir === undefined ? process.env : { ...process.env, npm_config_nodedir: nodedir };
  return runCommand(['npm', 'rebuild', 'sqlite3'], { cwd: root, env });
}

/** @param {readonly string[]} programs */
async function findMissing(programs) {
  const results = await Promise.all(programs.map((program) => runCommand([program, '--version'])));
  return programs.filter((_, index) => results[index]?.ok !== true);
}

/**
 * Only as root on a system with apt: everywhere else that is for the machine's owner to do.
 * @param {(line: string) => void} say
 */
async function installCompilers(say) {
  if (process.getuid?.() !== 0) return false;
  if (!(await runCommand(['apt-get', '--version'])).ok) return false;
  say(`Installing compilers (apt-get install ${compilers.join(' ')})`);
  await runCommand(['apt-get', 'update']);
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', ...compilers];
  return (await runCommand(['env', 'DEBIAN_FRONTEND=noninteractive', ...install])).ok;
}
