import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGateway } from '../gateway.ts';
import { startTestGateway, type RunningGateway } from '../testing/gateway-harness.ts';
import { sendPlainRequest, type PlainAnswer } from '../testing/plain-request.ts';
import { createLoginKeeper, linkLifetimeMs } from './login-keeper.ts';

let gateway: RunningGateway;
beforeEach(async () => {
  gateway = await startTestGateway();
});
afterEach(() => gateway.end());

const formType = { 'Content-Type': 'application/x-www-form-urlencoded' };

const postToken = (token: string, headers: Record<string, string> = {}): Promise<PlainAnswer> =>
  gateway.send({
    method: 'POST',
    path: '/login',
    headers: { ...formType, Origin: gateway.url, ...headers },
    body: new URLSearchParams({ token }).toString(),
  });

/** The `Cookie` header a browser would send after this answer. */
function cookieOf(answer: PlainAnswer): string {
  return answer.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
}

async function mintToken(): Promise<string> {
  return (await gateway.login.mintLink(gateway.url)).token;
}

describe('a login link', () => {
  it('is exchanged for a cookie that opens the console and the interface', async () => {
    const answer = await postToken(await mintToken());
    expect([answer.status, answer.headers.location]).toEqual([303, '/']);
    const [cookie] = answer.headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/^signalbox_[0-9a-f]+=[A-Za-z0-9_-]{43}; /);
    for (const attribute of ['HttpOnly', 'SameSite=Strict', 'Path=/', 'Max-Age=2592000']) {
      expect(cookie?.split('; ')).toContain(attribute);
    }
    expect(cookie).not.toContain('Domain');
    const headers = { Cookie: cookieOf(answer) };
    expect((await gateway.send({ path: '/api/runs', headers })).status).toBe(200);
  });

  it('opens a page that posts its token, and can be looked at without being used up', async () => {
    const { url, token } = await gateway.login.mintLink(gateway.url);
    const path = url.slice(gateway.url.length);
    for (const method of ['HEAD', 'GET', 'GET']) {
      const page = await gateway.send({ method, path });
      expect(page.status).toBe(200);
      expect(page.headers['set-cookie']).toBeUndefined();
      expect(page.headers['referrer-policy']).toBe('same-origin');
      expect(page.headers['cache-control']).toBe('no-store');
    }
    const page = await gateway.send({ path });
    expect(page.text).toContain(`name="token" value="${token}"`);
    expect(page.text).toContain('<button type="submit">');
    expect(page.text).not.toMatch(/<script(?![^>]* src=)/);
    expect((await postToken(token)).status).toBe(303);
  });

  it('is refused the second time', async () => {
    const token = await mintToken();
    await postToken(token);
    const again = await postToken(token);
    expect(again.status).toBe(401);
    expect(again.headers['set-cookie']).toBeUndefined();
    expect(again.text).toContain('signalbox login');
  });

  it('used again by who is in already leads to the console', async () => {
    const token = await mintToken();
    const Cookie = cookieOf(await postToken(token));
    const again = await postToken(token, { Cookie });
    expect([again.status, again.headers.location]).toEqual([303, '/']);
    expect(again.headers['set-cookie']).toBeUndefined();
  });

  it('is refused when it has expired', async () => {
    const token = await mintToken();
    gateway.clock.time += linkLifetimeMs;
    expect((await postToken(token)).status).toBe(401);
  });

  it('is refused from a page that is not ours, and then still good', async () => {
    const token = await mintToken();
    expect((await postToken(token, { Origin: 'http://evil.example' })).status).toBe(403);
    expect((await postToken(token, { Origin: 'null' })).status).toBe(403);
    expect((await postToken(token)).status).toBe(303);
  });

  it('never puts anything but a token into the page', async () => {
    const token = encodeURIComponent(`"><script>alert(1)</script>`);
    const page = await gateway.send({ path: `/login?token=${token}` });
    expect(page.status).toBe(401);
    expect(page.text).not.toContain('alert');
  });

  it.each([
    ['JSON', { 'Content-Type': 'application/json' }],
    ['text/plain', { 'Content-Type': 'text/plain' }],
  ])('posted as %s is refused', async (_name, headers) => {
    const token = await mintToken();
    expect((await postToken(token, headers)).status).toBe(401);
    expect((await postToken(token)).status).toBe(303);
  });

  it('posted with more than a token is refused', async () => {
    expect((await postToken('x'.repeat(5000))).status).toBe(401);
  });
});

describe('a cookie', () => {
  it('survives a restart of the process', async () => {
    const Cookie = cookieOf(await postToken(await mintToken()));
    await gateway.gateway.stop();
    const login = createLoginKeeper({
      folder: join(gateway.folder, 'login'),
      clock: gateway.clock,
      randomBytes,
    });
    const later = createGateway({ ...gateway.options, login });
    const { port } = await later.start();
    const answer = await sendPlainRequest(port, { path: '/api/runs', headers: { Cookie } });
    await later.stop();
    expect(answer.status).toBe(200);
  });

  it('is found among those of other programs on this machine', async () => {
    const Cookie = `other=1; ${cookieOf(await postToken(await mintToken()))}; theme=dark`;
    expect((await gateway.send({ path: '/api/runs', headers: { Cookie } })).status).toBe(200);
  });
});
