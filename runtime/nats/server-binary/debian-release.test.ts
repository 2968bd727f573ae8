import { expect, test } from 'vitest';
import { describeRelease } from './debian-release.ts';

test('Debian has newer packages under the names of its suites', () => {
  const release = describeRelease(
    'PRETTY_NAME="Debian GNU/Linux 12"\nVERSION_CODENAME=bookworm\nID=debian\n',
  );
  expect(release?.ownNames).toContain('bookworm');
  expect(release).toMatchObject({
    newerSuites: ['stable', 'testing', 'unstable'],
    components: ['main'],
  });
});

test('Ubuntu has them in its next release, and its derivatives say which release they are made from', () => {
  const mint =
    'ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_CODENAME=xia\nUBUNTU_CODENAME=noble\n';
  expect(describeRelease(mint)).toEqual({
    ownNames: ['noble'],
    newerSuites: ['noble', 'devel'],
    components: ['main', 'universe'],
  });
});

test('other systems have none', () => {
  expect(describeRelease('ID=fedora\nVERSION_ID=43\n')).toBeUndefined();
  expect(describeRelease('')).toBeUndefined();
});
