import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type RunningGateway } from '../testing/gateway-harness.ts';

let gateway: RunningGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ allowedHosts: ['hooks.example.com'] });
});
afterAll(() => gateway.end());

const open = ['/healthz', '/login', '/login/continue.js', '/login/page.css'];
const guarded = [
  '/',
  '/runs/run-1',
  '/assets/index-12345678.js',
  '/api/runs',
  '/api/runs/run-1',
  '/api/actors',
  '/api/events',
  '/api/sessions/run-1::session/transcript',
  '/api/live',
  '/api/health',
  '/api/nothing',
];
const everyPath = [...open, ...guarded, '/hooks/demo', '/metrics'];

describe('the Host header', () => {
  it.each(['evil.example', 'localhost', '127.0.0.1', '127.0.0.1:1', 'localhost.evil.example'])(
    '%s is refused on every route, login or not',
    async (host) => {
      for (const path of everyPath) {
        const answer = await gateway.sendLoggedIn({ path, headers: { Host: host } });
        expect([path, answer.status]).toEqual([path, 403]);
        expect(answer.json()).toMatchObject({ error: { code: 'SB_REQUEST_REFUSED' } });
      }
    },
  );

  it('is refused for a posted delivery and a posted login too', async () => {
    for (const path of ['/hooks/demo', '/login']) {
      const answer = await gateway.send({
        method: 'POST',
        path,
        headers: { Host: `evil.example:${gateway.port}` },
      });
      expect(answer.status).toBe(403);
    }
  });

  it('may be any loopback name with the port, or a name that was allowed', async () => {
    const { port } = gateway;
    const hosts = [`127.0.0.1:${port}`, `localhost:${port}`, `LocalHost:${port}`, `[::1]:${port}`];
    for (const host of [...hosts, 'hooks.example.com']) {
      const answer = await gateway.send({ path: '/healthz', headers: { Host: host } });
      expect([host, answer.status]).toEqual([host, 200]);
    }
  });
});

describe('the Origin header', () => {
  it.each(['http://evil.example', 'null', 'http://localhost:3000', 'http://127.0.0.1'])(
    '%s is refused on every route, login or not',
    async (origin) => {
      for (const path of everyPath) {
        for (const method of ['GET', 'POST', 'OPTIONS']) {
          const answer = await gateway.sendLoggedIn({ method, path, headers: { Origin: origin } });
          expect([method, path, answer.status]).toEqual([method, path, 403]);
        }
      }
    },
  );

  it('may be our own', async () => {
    const headers = { Origin: gateway.url };
    expect((await gateway.sendLoggedIn({ path: '/api/runs', headers })).status).toBe(200);
  });

  it('is not our own when the request came by another of our names', async () => {
    const headers = { Origin: gateway.url, Host: `localhost:${gateway.port}` };
    expect((await gateway.sendLoggedIn({ path: '/api/runs', headers })).status).toBe(403);
  });
});

describe('every answer', () => {
  it('has the security headers and none of CORS, whatever the route, method and origin', async () => {
    for (const path of everyPath) {
      for (const method of ['GET', 'HEAD', 'POST', 'OPTIONS']) {
        for (const Origin of [gateway.url, 'http://evil.example']) {
          const answer = await gateway.sendLoggedIn({ method, path, headers: { Origin } });
          const names = Object.keys(answer.headers);
          expect(names.filter((name) => name.startsWith('access-control-'))).toEqual([]);
          expect(answer.headers).toMatchObject({
            'content-security-policy': expect.stringContaining("frame-ancestors 'none'") as unknown,
            'x-content-type-options': 'nosniff',
            'referrer-policy': 'no-referrer',
            'cross-origin-resource-policy': 'same-origin',
          });
        }
      }
    }
  });
});

describe('without a login', () => {
  it.each(guarded)('%s says nothing but how to get in', async (path) => {
    const answer = await gateway.send({ path });
    expect(answer.status).toBe(401);
    expect(answer.text).toContain('signalbox login');
    const json = path.startsWith('/api/');
    expect(answer.headers['content-type']).toContain(json ? 'application/json' : 'text/html');
    expect(answer.text.includes('SB_LOGIN_REQUIRED')).toBe(json);
  });

  it.each(open.filter((path) => path !== '/login'))('%s answers', async (path) => {
    expect((await gateway.send({ path })).status).toBe(200);
  });

  it('a cookie that was never given opens nothing', async () => {
    for (const value of ['', 'x', 'A'.repeat(43), '../sessions']) {
      const Cookie = `${gateway.login.cookieName}=${value}`;
      expect((await gateway.send({ path: '/api/runs', headers: { Cookie } })).status).toBe(401);
    }
  });
});

describe('/healthz', () => {
  it('tells the status and nothing else', async () => {
    expect((await gateway.send({ path: '/healthz' })).json()).toEqual({ status: 'ok' });
  });

  it.each([
    [
      'is degraded',
      () =>
        Promise.resolve({
          status: 'degraded' as const,
          checks: { nats: { ok: false, detail: 'secret detail' } },
        }),
    ],
    ['cannot be told', () => Promise.reject(new Error('secret detail'))],
  ])('answers 503 when the health %s', async (_name, health) => {
    const ill = await startTestGateway({ health });
    const answer = await ill.send({ path: '/healthz' });
    expect(answer.status).toBe(503);
    expect(answer.json()).toEqual({ status: 'degraded' });
    await ill.end();
  });
});
