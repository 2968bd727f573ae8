/**
 * Where the nats-server program comes from: the one the user names, one that is there already, or one that is fetched
 * into our cache. Nothing is installed system-wide but what `brew` installs. Starting it is the embedded server's work.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError, SignalboxError } from '../../contract/errors.ts';
import type { Attempt, Environment } from './attempt.ts';
import { fetchDebianPackage, thisDebianSystem } from './debian-package.ts';
import type { DebianSystem } from './debian-package.ts';
import { cachedBinaryPath, findInstalledServer, placeInCache } from './find-server-binary.ts';
import { installWithBrew } from './homebrew.ts';
import { fetchReleaseArchive, pinnedRelease } from './release-archive.ts';
import type { PinnedRelease } from './release-archive.ts';
import { minimumServerVersion, probeServerBinary } from './server-version.ts';

export interface ObtainServerOptions {
  /** The path in NATS_SERVER, when the user has set it. It is used, or refused; never replaced. */
  readonly configured: string | undefined;
  /** Its PATH is searched, and programs such as apt run in it. */
  readonly env: Environment;
  /** `~/.cache/signalbox`. */
  readonly cacheDir: string;
  /** What is being done, for a person who waits. */
  readonly log: (line: string) => void;
  /** Where to get one; the public places by default. */
  readonly sources?: ServerSources;
}

export interface ServerSources {
  readonly release: PinnedRelease;
  readonly debian: DebianSystem;
}

const publicSources: ServerSources = { release: pinnedRelease, debian: thisDebianSystem };

interface Way {
  readonly name: string;
  readonly obtain: (staging: string) => Promise<Attempt>;
}

/** The path of a nats-server that runs here and is recent enough. Throws `SB_NATS_SERVER`. */
export async function obtainServerBinary(options: ObtainServerOptions): Promise<string> {
  if (options.configured !== undefined && options.configured !== '')
    return assertConfigured(options.configured);
  const installed = await findInstalledServer(options);
  if (installed.status === 'found') return installed.path;
  const tried = [...installed.tried];
  for (const way of listWays(options)) {
    options.log(`Getting a NATS server: ${way.name} …`);
    const attempt = await tryWay(way, options.cacheDir);
    if (attempt.status === 'obtained') {
      options.log(`NATS server: ${attempt.path}`);
      return attempt.path;
    }
    tried.push(`${way.name}: ${attempt.reason}`);
  }
  throw nothingWorked(tried, options.cacheDir);
}

async function assertConfigured(path: string): Promise<string> {
  const probe = await probeServerBinary(path);
  if (probe.status === 'usable') return path;
  const reason =
    probe.status === 'tooOld'
      ? `is version ${probe.version}; Signalbox needs ${minimumServerVersion} or newer`
      : `does not run as a nats-server: ${probe.reason}`;
  throw new SignalboxError('SB_NATS_SERVER', `NATS_SERVER names ${path}, which ${reason}`, {
    next: 'Set NATS_SERVER to the path of a newer one, or unset it: the set-up then gets one.',
  });
}

function listWays(options: ObtainServerOptions): readonly Way[] {
  const { release, debian } = options.sources ?? publicSources;
  const { env } = options;
  return [
    {
      name: 'the official release archive',
      obtain: (staging) =>
        fetchReleaseArchive(staging, release, `${process.platform}-${process.arch}`),
    },
    {
      name: "this distribution's package",
      obtain: (staging) => fetchDebianPackage(staging, debian, env),
    },
    { name: 'brew', obtain: () => installWithBrew(env) },
  ];
}

/** What was fetched is proved to run before it is put where the next set-up finds it. */
async function tryWay(way: Way, cacheDir: string): Promise<Attempt> {
  let staging: string | undefined;
  try {
    await mkdir(cacheDir, { recursive: true });
    staging = await mkdtemp(join(cacheDir, 'staging-'));
    const attempt = await way.obtain(staging);
    if (attempt.status === 'failed') return attempt;
    const probe = await probeServerBinary(attempt.path);
    if (probe.status === 'tooOld')
      return { status: 'failed', reason: `it has version ${probe.version}` };
    if (probe.status === 'unusable') return { status: 'failed', reason: probe.reason };
    const isOurs = attempt.path.startsWith(staging);
    return isOurs
      ? { status: 'obtained', path: await placeInCache(attempt.path, cacheDir) }
      : attempt;
  } catch (error) {
    return { status: 'failed', reason: describeError(error) };
  } finally {
    if (staging !== undefined) await rm(staging, { recursive: true, force: true });
  }
}

function nothingWorked(tried: readonly string[], cacheDir: string): SignalboxError {
  const list = tried.map((line) => `  - ${line}`).join('\n');
  return new SignalboxError(
    'SB_NATS_SERVER',
    `no nats-server ${minimumServerVersion} or newer was found, and none could be obtained:\n${list}`,
    {
      next: [
        'Three ways to go on:',
        `  1. Install nats-server ${minimumServerVersion} or newer yourself and set NATS_SERVER to its path`,
        `     (or put it at ${cachedBinaryPath(cacheDir)}).`,
        '  2. Set NATS_URL to a NATS server with JetStream that runs elsewhere.',
        '  3. Run "docker compose up": it brings its own.',
      ].join('\n'),
    },
  );
}
