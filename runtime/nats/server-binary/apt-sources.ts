/** Reads apt's own configuration: where this machine gets its packages from. Pure; both formats of sources.list(5). */

export interface AptSource {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** `Signed-By` and `Trusted` as written, a key given inline included. */
  readonly trust: Readonly<Partial<Record<'Signed-By' | 'Trusted', string>>>;
}

export interface SourcesFile {
  readonly name: string;
  readonly text: string;
}

/** Binary packages only; entries that are switched off are left out. */
export function parseAptSources(files: readonly SourcesFile[]): readonly AptSource[] {
  return files.flatMap(({ name, text }) =>
    name.endsWith('.sources') ? parseStanzas(text) : name.endsWith('.list') ? parseLines(text) : [],
  );
}

/** Mirrors of the distribution itself: they carry its own release, under its codename or an alias of it. */
export function findMainMirrors(
  sources: readonly AptSource[],
  releaseNames: readonly string[],
): readonly AptSource[] {
  const mirrors = sources.filter(
    (source) =>
      source.components.includes('main') &&
      source.suites.some((suite) => releaseNames.includes(suite)),
  );
  return mirrors.filter(
    (source, index) => mirrors.findIndex(({ uri }) => uri === source.uri) === index,
  );
}

/** The stanza that asks a mirror for other suites, under the same keys. */
export function formatStanza(
  mirror: AptSource,
  suites: readonly string[],
  components: readonly string[],
): string {
  const trust = Object.entries(mirror.trust).map(([field, value]) => `${field}: ${value}\n`);
  return [
    'Types: deb\n',
    `URIs: ${mirror.uri}\n`,
    `Suites: ${suites.join(' ')}\n`,
    `Components: ${components.join(' ')}\n`,
    ...trust,
  ].join('');
}

function parseStanzas(text: string): AptSource[] {
  const uncommented = text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n');
  return uncommented.split(/\n\s*\n/).flatMap((stanza) => {
    const fields = parseFields(stanza);
    const words = (name: string): string[] =>
      (fields.get(name) ?? '').split(/\s+/).filter((word) => word !== '');
    if (!words('types').includes('deb') || /^(no|false|0|off)$/i.test(fields.get('enabled') ?? ''))
      return [];
    return words('uris').map((uri) => ({
      uri,
      suites: words('suites'),
      components: words('components'),
      trust: chooseTrust(fields.get('signed-by'), fields.get('trusted')),
    }));
  });
}

/** Continuation lines start with a space and are kept as they are: an inline key needs them. */
function parseFields(stanza: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const field of stanza.split(/\n(?![ \t])/)) {
    const colon = field.indexOf(':');
    if (colon > 0)
      fields.set(field.slice(0, colon).trim().toLowerCase(), field.slice(colon + 1).trim());
  }
  return fields;
}

/** `deb [option=value …] uri suite component…` */
function parseLines(text: string): AptSource[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line);
    if (match === null) return [];
    const [, optionText = '', uri = '', suite = '', components = ''] = match;
    const options = new Map(
      optionText
        .trim()
        .split(/\s+/)
        .map((option) => [
          option.split('=')[0]?.toLowerCase() ?? '',
          option.slice(option.indexOf('=') + 1),
        ]),
    );
    return [
      {
        uri,
        suites: [suite],
        components: components.split(/\s+/).filter((word) => word !== ''),
        trust: chooseTrust(options.get('signed-by')?.replaceAll(',', ' '), options.get('trusted')),
      },
    ];
  });
}

function chooseTrust(
  signedBy: string | undefined,
  trusted: string | undefined,
): AptSource['trust'] {
  return {
    ...(signedBy === undefined ? {} : { 'Signed-By': signedBy }),
    ...(trusted === undefined ? {} : { Trusted: trusted }),
  };
}
