/**
 * The newest nats-server package of the distribution that runs here, unpacked and not installed. Asks the mirrors this
 * machine already uses, under the keys it already trusts, but with a private apt state: apt's own lists, cache and
 * installed packages stay untouched. Needs no root.
 */
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describeError } from '../../contract/errors.ts';
import { choosePackage, parseCandidates } from './apt-packages.ts';
import { findMainMirrors, formatStanza, parseAptSources } from './apt-sources.ts';
import type { AptSource, SourcesFile } from './apt-sources.ts';
import { describeRelease } from './debian-release.ts';
import type { DebianRelease } from './debian-release.ts';
import type { Attempt, Environment } from './attempt.ts';

export interface DebianSystem {
  readonly osReleaseFile: string;
  /** Has `sources.list` and `sources.list.d/`. */
  readonly aptFolder: string;
}

export const thisDebianSystem: DebianSystem = {
  osReleaseFile: '/etc/os-release',
  aptFolder: '/etc/apt',
};

const run = promisify(execFile);

/** Three package lists of some ten megabytes each. */
const updateTimeoutMs = 180_000;
const downloadTimeoutMs = 120_000;
const requestTimeoutSeconds = 10;

export async function fetchDebianPackage(
  staging: string,
  system: DebianSystem,
  env: Environment,
): Promise<Attempt> {
  const osRelease = await readFile(system.osReleaseFile, 'utf8').catch(() => '');
  const release = describeRelease(osRelease);
  if (release === undefined)
    return { status: 'failed', reason: 'this is neither Debian nor Ubuntu' };
  const mirrors = findMainMirrors(
    parseAptSources(await readSources(system.aptFolder)),
    release.ownNames,
  );
  if (mirrors.length === 0) {
    return {
      status: 'failed',
      reason: `${system.aptFolder} names no mirror of ${release.ownNames[0] ?? 'it'}`,
    };
  }
  const apt = await preparePrivateApt(staging, mirrors, release, env);
  // A mirror that lacks one suite fails the update, and may still have listed the package in another.
  const update = await run('apt-get', ['update'], { env: apt.env, timeout: updateTimeoutMs }).catch(
    describeError,
  );
  const shown = await run('apt-cache', ['show', 'nats-server'], { env: apt.env }).catch(() => ({
    stdout: '',
  }));
  const libc = await run('dpkg-query', ['--show', '--showformat=${Version}', 'libc6'], { env });
  const choice = choosePackage(parseCandidates(shown.stdout), libc.stdout);
  if (choice.status === 'none') {
    const trouble = typeof update === 'string' ? ` (apt-get update: ${update.trim()})` : '';
    return { status: 'failed', reason: `${choice.reason}${trouble}` };
  }
  return { status: 'obtained', path: await unpack(choice.candidate.packageVersion, apt, staging) };
}

async function readSources(aptFolder: string): Promise<readonly SourcesFile[]> {
  const parts = join(aptFolder, 'sources.list.d');
  const names = await readdir(parts).catch((): string[] => []);
  const paths = [join(aptFolder, 'sources.list'), ...names.sort().map((name) => join(parts, name))];
  return Promise.all(
    paths.map(async (name) => ({ name, text: await readFile(name, 'utf8').catch(() => '') })),
  );
}

interface PrivateApt {
  readonly env: Environment;
}

/** Everything in a configuration of its own; of the machine's, only how to reach the network (proxies) is kept. */
async function preparePrivateApt(
  staging: string,
  mirrors: readonly AptSource[],
  release: DebianRelease,
  env: Environment,
): Promise<PrivateApt> {
  const folders = ['state/lists/partial', 'cache/archives/partial', 'sources', 'log'];
  await Promise.all(folders.map((folder) => mkdir(join(staging, folder), { recursive: true })));
  const stanzas = mirrors.map((mirror) =>
    formatStanza(mirror, release.newerSuites, release.components),
  );
  await writeFile(join(staging, 'sources', 'newer.sources'), stanzas.join('\n'));
  await writeFile(join(staging, 'state', 'status'), '');
  const { stdout } = await run('apt-config', ['dump'], { env });
  const network = stdout.split('\n').filter((line) => line.startsWith('Acquire::'));
  const settings: Record<string, string> = {
    'Dir::State': join(staging, 'state'),
    'Dir::State::status': join(staging, 'state', 'status'),
    'Dir::Cache': join(staging, 'cache'),
    'Dir::Log': join(staging, 'log'),
    'Dir::Etc::sourcelist': '/dev/null',
    'Dir::Etc::sourceparts': join(staging, 'sources'),
    // The hooks of the machine's own configuration would act on the machine's own cache.
    'Dir::Etc::main': '/dev/null',
    'Dir::Etc::parts': '/dev/null',
    'Dir::Etc::preferences': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '1',
    'Acquire::http::Timeout': `${requestTimeoutSeconds}`,
    'Acquire::https::Timeout': `${requestTimeoutSeconds}`,
    // Root's own files may be out of reach for apt's download user.
    'APT::Sandbox::User': 'root',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} "${value}";`);
  const file = join(staging, 'apt.conf');
  await writeFile(file, [...network, ...lines, ''].join('\n'));
  return { env: { ...env, APT_CONFIG: file, LC_ALL: 'C' } };
}

async function unpack(packageVersion: string, apt: PrivateApt, staging: string): Promise<string> {
  const folder = join(staging, 'package');
  await mkdir(folder);
  await run('apt-get', ['download', `nats-server=${packageVersion}`], {
    cwd: folder,
    env: apt.env,
    timeout: downloadTimeoutMs,
  });
  const [archive] = await readdir(folder);
  if (archive === undefined) throw new Error(`apt-get downloaded no nats-server ${packageVersion}`);
  const files = join(staging, 'files');
  await run('dpkg-deb', ['--extract', join(folder, archive), files], { env: apt.env });
  return join(files, 'usr', 'sbin', 'nats-server');
}
