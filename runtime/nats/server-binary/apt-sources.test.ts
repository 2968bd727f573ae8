import { describe, expect, test } from 'vitest';
import { findMainMirrors, formatStanza, parseAptSources } from './apt-sources.ts';

const deb822 = `Types: deb deb-src
# a comment inside a stanza
URIs: http://mirror.example/debian http://other.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main

Types: deb
URIs: http://inline.example/debian
Suites: stable
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mDMEZ
 -----END PGP PUBLIC KEY BLOCK-----
`;

const oneLine = `# deb http://commented.example/debian bookworm main
deb [arch=amd64 signed-by=/etc/apt/keyrings/a.gpg,/etc/apt/keyrings/b.gpg] https://lines.example/debian bookworm main non-free # why
deb-src http://lines.example/debian bookworm main
deb https://packages.example/tool tool-bookworm main
deb [ trusted=yes ] file:/srv/debian bookworm main
`;

const files = [
  { name: '/etc/apt/sources.list.d/debian.sources', text: deb822 },
  { name: '/etc/apt/sources.list', text: oneLine },
  { name: '/etc/apt/sources.list.d/debian.sources.save', text: deb822 },
];

describe('mirrors of the distribution', () => {
  const mirrors = findMainMirrors(parseAptSources(files), ['bookworm', 'stable']);

  test('are those that carry its own release, once each', () => {
    expect(mirrors.map(({ uri }) => uri)).toEqual([
      'http://mirror.example/debian',
      'http://other.example/debian',
      'http://inline.example/debian',
      'https://lines.example/debian',
      'file:/srv/debian',
    ]);
  });

  test('keep the keys they are trusted under', () => {
    expect(mirrors.map(({ trust }) => trust)).toEqual([
      { 'Signed-By': '/usr/share/keyrings/debian-archive-keyring.gpg' },
      { 'Signed-By': '/usr/share/keyrings/debian-archive-keyring.gpg' },
      {
        'Signed-By':
          '-----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mDMEZ\n -----END PGP PUBLIC KEY BLOCK-----',
      },
      { 'Signed-By': '/etc/apt/keyrings/a.gpg /etc/apt/keyrings/b.gpg' },
      { Trusted: 'yes' },
    ]);
  });

  test('are asked for other suites in a stanza that reads back', () => {
    const [mirror] = mirrors;
    const stanza =
      mirror === undefined ? '' : formatStanza(mirror, ['testing', 'unstable'], ['main']);
    expect(parseAptSources([{ name: 'newer.sources', text: stanza }])).toEqual([
      { ...mirror, suites: ['testing', 'unstable'], components: ['main'] },
    ]);
  });
});
