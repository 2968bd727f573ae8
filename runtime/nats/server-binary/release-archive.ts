/** The official release archive, with pinned checksums. Only platforms whose checksum could be verified are listed. */
import { createHash } from 'node:crypto';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describeError } from '../../contract/errors.ts';
import type { Attempt } from './attempt.ts';

export interface PinnedRelease {
  readonly baseUrl: string;
  readonly version: string;
  /** SHA-256 of `nats-server-v<version>-<platform>.tar.gz`, by `process.platform` and `process.arch`. */
  readonly archives: Readonly<
    Record<string, { readonly platform: string; readonly sha256: string }>
  >;
}

/** The newest release whose checksums NATS itself publishes beside the archive, in nats-io/nats-docker (aa0caa5). */
export const pinnedRelease: PinnedRelease = {
  baseUrl: 'https://github.com/nats-io/nats-server/releases/download',
  version: '2.14.5',
  archives: {
    'linux-x64': {
      platform: 'linux-amd64',
      sha256: '5e3b603d47c447bda1f77f9ac16dbf91c90aac4ff3681f8fbbc7201e4ed99355',
    },
    'linux-arm64': {
      platform: 'linux-arm64',
      sha256: '673a98d3faa79dde3f9ebf16d6dfac36a5f694e7ad2015e4954dd7939c85cd4c',
    },
  },
};

/** Whoever is offline learns it soon. */
const answerTimeoutMs = 8_000;
const downloadTimeoutMs = 180_000;

export async function fetchReleaseArchive(
  staging: string,
  release: PinnedRelease,
  /** `linux-x64` */
  machine: string,
): Promise<Attempt> {
  const archive = release.archives[machine];
  if (archive === undefined) return { status: 'failed', reason: `none is pinned for ${machine}` };
  const name = `nats-server-v${release.version}-${archive.platform}`;
  const url = `${release.baseUrl}/v${release.version}/${name}.tar.gz`;
  const download = await downloadBytes(url);
  if (download.status === 'failed')
    return { status: 'failed', reason: `${url}: ${download.reason}` };
  const sha256 = createHash('sha256').update(download.bytes).digest('hex');
  if (sha256 !== archive.sha256) {
    return {
      status: 'failed',
      reason: `${url} has checksum ${sha256}, not ${archive.sha256}; it was not used`,
    };
  }
  const file = join(staging, `${name}.tar.gz`);
  await writeFile(file, download.bytes);
  await promisify(execFile)('tar', ['-xzf', file, '-C', staging, `${name}/nats-server`]);
  return { status: 'obtained', path: join(staging, name, 'nats-server') };
}

type Download =
  | { readonly status: 'downloaded'; readonly bytes: Buffer }
  | { readonly status: 'failed'; readonly reason: string };

async function downloadBytes(url: string): Promise<Download> {
  const noAnswer = new AbortController();
  const timer = setTimeout(() => noAnswer.abort(new Error('no answer')), answerTimeoutMs);
  try {
    const signal = AbortSignal.any([noAnswer.signal, AbortSignal.timeout(downloadTimeoutMs)]);
    const response = await fetch(url, { signal });
    clearTimeout(timer);
    if (!response.ok) return { status: 'failed', reason: `HTTP ${response.status}` };
    return { status: 'downloaded', bytes: Buffer.from(await response.arrayBuffer()) };
  } catch (error) {
    // fetch says "fetch failed" and keeps the reason in its cause.
    const reason = error instanceof Error && error.cause !== undefined ? error.cause : error;
    return { status: 'failed', reason: describeError(reason) };
  } finally {
    clearTimeout(timer);
  }
}
