import { describe, expect, test } from 'vitest';
import { choosePackage, parseCandidates } from './apt-packages.ts';

const shown = `Package: nats-server
Version: 2.10.27-1+b4
Depends: adduser, libc6 (>= 2.34)
Description: High-Performance server
 for NATS

Package: nats-server
Version: 2.15.1-1
Depends: systemd | systemd-standalone-sysusers, libc6 (>= 2.38)

Package: nats-server
Version: 2.12.4-2
Depends: libc6 (>= 2.34), adduser
`;

describe('the package that is chosen', () => {
  test.each([
    ['2.41-12', '2.15.1-1'],
    ['2.36-9+deb12u14', '2.12.4-2'],
  ])('with libc6 %s is %s', (libc, expected) => {
    expect(choosePackage(parseCandidates(shown), libc)).toMatchObject({
      status: 'chosen',
      candidate: { packageVersion: expected },
    });
  });

  test('is none when no version fits, with what was seen', () => {
    expect(choosePackage(parseCandidates(shown), '2.31-13')).toEqual({
      status: 'none',
      reason:
        'no version fits libc6 2.31-13: 2.15.1-1 (libc6 2.38), 2.12.4-2 (libc6 2.34), 2.10.27-1+b4 (libc6 2.34)',
    });
    expect(choosePackage(parseCandidates(''), '2.41')).toEqual({
      status: 'none',
      reason: 'the mirrors have no nats-server',
    });
  });

  test('needs no C library when it names none', () => {
    expect(parseCandidates('Package: nats-server\nVersion: 2.14.0-1\n')).toEqual([
      { packageVersion: '2.14.0-1', version: '2.14.0', libc: undefined },
    ]);
  });
});
