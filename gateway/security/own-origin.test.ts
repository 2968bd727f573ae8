import { describe, expect, it } from 'vitest';
import { allowedHostHeaders, isOwnOrigin } from './own-origin.ts';

describe('allowedHostHeaders', () => {
  it('are the loopback names with the port', () => {
    expect([...allowedHostHeaders('127.0.0.1', 4747, [])]).toEqual([
      '127.0.0.1:4747',
      'localhost:4747',
      '[::1]:4747',
    ]);
  });

  it('include the address that is listened on, but not "any address"', () => {
    expect(allowedHostHeaders('192.168.1.5', 4747, [])).toContain('192.168.1.5:4747');
    expect(allowedHostHeaders('fd00::5', 4747, [])).toContain('[fd00::5]:4747');
    expect(allowedHostHeaders('0.0.0.0', 4747, [])).not.toContain('0.0.0.0:4747');
  });

  it('include further names as they are given', () => {
    const allowed = allowedHostHeaders('127.0.0.1', 4747, ['Signalbox.example.com']);
    expect(allowed).toContain('signalbox.example.com');
    expect(allowed).not.toContain('signalbox.example.com:4747');
  });

  it('need no port on port 80', () => {
    expect(allowedHostHeaders('127.0.0.1', 80, [])).toContain('localhost');
    expect(allowedHostHeaders('127.0.0.1', 4747, [])).not.toContain('localhost');
  });
});

describe('isOwnOrigin', () => {
  it.each(['http://localhost:4747', 'https://localhost:4747', 'HTTP://LOCALHOST:4747'])(
    'takes %s',
    (origin) => {
      expect(isOwnOrigin(origin, 'localhost:4747')).toBe(true);
    },
  );

  it.each([
    'null',
    '',
    'http://localhost:3000',
    'http://localhost',
    'http://127.0.0.1:4747',
    'http://localhost:4747.evil.example',
    'http://evil.example',
    'file://localhost:4747',
    'ws://localhost:4747',
  ])('refuses %s', (origin) => {
    expect(isOwnOrigin(origin, 'localhost:4747')).toBe(false);
  });
});
