/** Reads what `apt-cache show` says about a package, and chooses the one that runs here. Pure. */
import { compareVersions, isRecentEnough, parseVersion } from './server-version.ts';

export interface PackageCandidate {
  /** As apt wants it back: `2.15.1-1`. */
  readonly packageVersion: string;
  /** The upstream version: `2.15.1`. */
  readonly version: string;
  /** The oldest C library it runs with; undefined when it needs none. */
  readonly libc: string | undefined;
}

export function parseCandidates(aptCacheShow: string): readonly PackageCandidate[] {
  return aptCacheShow.split(/\n\s*\n/).flatMap((stanza) => {
    const packageVersion = /^Version:\s*(\S+)$/m.exec(stanza)?.[1];
    const version = packageVersion === undefined ? undefined : parseVersion(packageVersion);
    if (packageVersion === undefined || version === undefined) return [];
    const depends = /^Depends:\s*(.*)$/m.exec(stanza)?.[1] ?? '';
    return [
      { packageVersion, version, libc: /\blibc6[^,(|]*\(>=\s*([^)\s]+)\)/.exec(depends)?.[1] },
    ];
  });
}

export type Choice =
  | { readonly status: 'chosen'; readonly candidate: PackageCandidate }
  | { readonly status: 'none'; readonly reason: string };

/** The newest that is new enough and content with this machine's C library. */
export function choosePackage(
  candidates: readonly PackageCandidate[],
  installedLibc: string,
): Choice {
  if (candidates.length === 0) return { status: 'none', reason: 'the mirrors have no nats-server' };
  const newestFirst = [...candidates].sort((left, right) =>
    compareVersions(right.version, left.version),
  );
  const chosen = newestFirst.find(
    ({ version, libc }) =>
      isRecentEnough(version) && (libc === undefined || hasLibc(installedLibc, libc)),
  );
  if (chosen !== undefined) return { status: 'chosen', candidate: chosen };
  const seen = newestFirst.map(
    ({ packageVersion, libc }) => `${packageVersion} (libc6 ${libc ?? 'any'})`,
  );
  return {
    status: 'none',
    reason: `no version fits libc6 ${installedLibc}: ${[...new Set(seen)].join(', ')}`,
  };
}

/** Of Debian versions of libc6, whose upstream part alone decides: `2.36-9+deb12u14` has `2.34`. */
function hasLibc(installed: string, needed: string): boolean {
  const upstream = (version: string): string => /^\d+(?:\.\d+)*/.exec(version)?.[0] ?? '0';
  return compareVersions(upstream(installed), upstream(needed)) >= 0;
}
