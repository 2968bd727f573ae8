/** What a nats-server program says about itself. Proves at the same time that it runs on this machine. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describeError } from '../../contract/errors.ts';

/** The first release with scheduled messages and atomic batches, both of which the protocol needs. */
export const minimumServerVersion = '2.12.0';

export type ServerProbe =
  | { readonly status: 'usable'; readonly version: string }
  | { readonly status: 'tooOld'; readonly version: string }
  | { readonly status: 'unusable'; readonly reason: string };

const probeTimeoutMs = 10_000;

export async function probeServerBinary(path: string): Promise<ServerProbe> {
  try {
    const { stdout } = await promisify(execFile)(path, ['--version'], { timeout: probeTimeoutMs });
    const version = parseVersion(stdout);
    if (version === undefined)
      return { status: 'unusable', reason: `it says "${stdout.trim()}", which names no version` };
    return { status: isRecentEnough(version) ? 'usable' : 'tooOld', version };
  } catch (error) {
    return { status: 'unusable', reason: describeError(error).trim() };
  }
}

export function isRecentEnough(version: string): boolean {
  return compareVersions(version, minimumServerVersion) >= 0;
}

/** Three numbers: `2.15.1`, also from `nats-server: v2.15.1` and from Debian's `2.15.1-1`. */
export function parseVersion(text: string): string | undefined {
  return /\d+\.\d+\.\d+/.exec(text)?.[0];
}

/** Of versions as `parseVersion` gives them. */
export function compareVersions(left: string, right: string): number {
  const rightParts = right.split('.').map(Number);
  const differences = left.split('.').map((part, index) => Number(part) - (rightParts[index] ?? 0));
  return differences.find((difference) => difference !== 0) ?? 0;
}
