/**
 * Owns dist/ and console/dist: builds each when its sources have changed. A build goes to a folder of its own first and
 * replaces the old one whole, so that an interrupted build leaves no half and a removed source leaves no stale output.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { runCommand, SetupError } from './run-command.mjs';

/**
 * @typedef {object} Build
 * @property {string} name
 * @property {string} output
 * @property {readonly string[]} sources Files and folders.
 * @property {(staging: string) => [string, ...string[]]} command
 */

const staleStamp = 'none';
const shared = ['package-lock.json', 'tsconfig.json'];

/** @type {Build} */
const programBuild = {
  name: 'program',
  output: 'dist',
  sources: [
    ...shared,
    'tsconfig.build.json',
    'runtime',
    'actors',
    'workflows',
    'integrations',
    'gateway',
    'cli',
    'bench',
    'examples',
    'tests/chaos',
    'tests/programs',
  ],
  command: (staging) => [
    join('node_modules', '.bin', 'tsc'),
    '-p',
    'tsconfig.build.json',
    '--outDir',
    staging,
    '--tsBuildInfoFile',
    join(staging, '.tsbuildinfo'),
  ],
};

/** @type {Build} */
const consoleBuild = {
  name: 'console',
  output: join('console', 'dist'),
  sources: [...shared, 'console', 'runtime/contract'],
  command: (staging) => [
    join('node_modules', '.bin', 'vite'),
    'build',
    'console',
    '--emptyOutDir',
    '--outDir',
    staging,
    '--logLevel',
    'warn',
  ],
};

/**
 * @param {string} root
 * @param {(line: string) => void} say
 */
export async function buildAll(root, say) {
  for (const build of [programBuild, consoleBuild]) await buildWhenChanged(root, build, say);
}

/**
 * @param {string} root
 * @param {Build} build
 * @param {(line: string) => void} say
 */
async function buildWhenChanged(root, build, say) {
  const output = join(root, build.output);
  const stampFile = join(output, '.stamp');
  const stamp = fingerprint(root, build.sources);
  if ((existsSync(stampFile) ? readFileSync(stampFile, 'utf8') : staleStamp) === stamp) return;
  say(`Building the ${build.name}`);
  const staging = `${output}.building`;
  rmSync(staging, { recursive: true, force: true });
  const result = await runCommand(build.command(staging), { cwd: root });
  if (!result.ok) {
    rmSync(staging, { recursive: true, force: true });
    throw new SetupError(`The ${build.name} does not build (${result.ending}):\n${result.output}`);
  }
  writeFileSync(join(staging, '.stamp'), stamp);
  rmSync(output, { recursive: true, force: true });
  renameSync(staging, output);
}

/**
 * Of names, sizes and times of all sources: reading them would take longer than most builds.
 * @param {string} root
 * @param {readonly string[]} sources
 */
function fingerprint(root, sources) {
  const hash = createHash('sha256');
  for (const source of sources) {
    for (const file of listFiles(join(root, source))) {
      const { size, mtimeMs } = statSync(file);
      hash.update(`${file}\0${size}\0${mtimeMs}\n`);
    }
  }
  return hash.digest('hex');
}

const skipped = /^(?:node_modules|dist|dist\.building|.*\.test\.ts)$/;

/**
 * @param {string} path
 * @returns {string[]}
 */
function listFiles(path) {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  return readdirSync(path)
    .sort()
    .filter((name) => !skipped.test(name))
    .flatMap((name) => listFiles(join(path, name)));
}
