import { describe, expect, it } from 'vitest';
import { liveAccess } from '../testing/gateway-harness.ts';
import { contentSecurityPolicy } from './security-headers.ts';

const connect = (policy: string) =>
  policy.split('; ').find((directive) => directive.startsWith('connect-src'));

describe('contentSecurityPolicy', () => {
  it('lets the console reach the NATS WebSocket and nothing else', () => {
    expect(connect(contentSecurityPolicy(liveAccess))).toBe("connect-src 'self' ws://127.0.0.1:*");
    const away = contentSecurityPolicy({ status: 'unavailable', reason: 'NATS is away' });
    expect(connect(away)).toBe("connect-src 'self'");
  });

  it('leaves the port open on this machine alone: there a restart chooses another one', () => {
    const urls = ['ws://localhost:9333', 'ws://[::1]:9333', 'wss://nats.example.org:9333/any'];
    const connects = urls.map((url) =>
      connect(contentSecurityPolicy({ ...liveAccess, status: 'available', url } as never)),
    );
    expect(connects).toEqual([
      "connect-src 'self' ws://localhost:*",
      "connect-src 'self' ws://[::1]:*",
      "connect-src 'self' wss://nats.example.org:9333",
    ]);
  });

  it.each(['http://127.0.0.1:9333', 'javascript:alert(1)', '*', "ws:; script-src 'unsafe-inline'"])(
    'does not take %s for such an address',
    (url) => {
      expect(
        connect(contentSecurityPolicy({ ...liveAccess, status: 'available', url } as never)),
      ).toBe("connect-src 'self'");
    },
  );

  it('allows nothing inline and nobody to embed', () => {
    const policy = contentSecurityPolicy(liveAccess);
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
  });
});
