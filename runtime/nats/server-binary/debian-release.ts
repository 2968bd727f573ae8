/** Which release of which distribution runs here, and where its newer packages are published. Pure. */

export interface DebianRelease {
  /** Names under which the release that runs here is listed by its mirrors. */
  readonly ownNames: readonly string[];
  /** Suites that may have a newer nats-server, apart from its own. */
  readonly newerSuites: readonly string[];
  readonly components: readonly string[];
}

/** From the text of os-release(5); undefined when neither Debian nor Ubuntu, nor made from one of them. */
export function describeRelease(osRelease: string): DebianRelease | undefined {
  const fields = parseOsRelease(osRelease);
  const family = [fields.get('ID'), ...(fields.get('ID_LIKE') ?? '').split(' ')];
  if (family.includes('ubuntu')) {
    const codename = fields.get('UBUNTU_CODENAME') ?? fields.get('VERSION_CODENAME') ?? '';
    // `devel` is the next release, and the only alias Ubuntu's mirrors have.
    return {
      ownNames: [codename],
      newerSuites: [codename, 'devel'],
      components: ['main', 'universe'],
    };
  }
  if (family.includes('debian')) {
    const codename = fields.get('DEBIAN_CODENAME') ?? fields.get('VERSION_CODENAME');
    return {
      // Testing and unstable have no codename of their own in os-release.
      ownNames: [
        ...(codename === undefined ? [] : [codename]),
        'oldstable',
        'stable',
        'testing',
        'unstable',
        'sid',
      ],
      newerSuites: ['stable', 'testing', 'unstable'],
      components: ['main'],
    };
  }
  return undefined;
}

function parseOsRelease(text: string): Map<string, string> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const match = /^([A-Z_]+)=["']?(.*?)["']?$/.exec(line.trim());
      return match?.[1] === undefined || match[2] === undefined
        ? []
        : [[match[1], match[2]] as const];
    }),
  );
}
