import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type RunningGateway } from '../testing/gateway-harness.ts';

let gateway: RunningGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
  const folder = gateway.options.consoleFolder;
  await mkdir(join(folder, 'assets'), { recursive: true });
  await writeFile(join(gateway.folder, 'outside.txt'), 'outside secret');
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>console</title>');
  await writeFile(join(folder, 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  await writeFile(join(folder, '.env'), 'hidden secret');
  await writeFile(join(folder, 'assets', 'index-B1x9_kQz.js'), 'export {};');
  await writeFile(join(folder, 'assets', 'index-D4f-Xy_1.css'), ':root {}');
  await writeFile(join(folder, 'assets', 'logo.png'), Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff]));
  await symlink(join(gateway.folder, 'outside.txt'), join(folder, 'assets', 'link.txt'));
});
afterAll(() => gateway.end());

const get = (path: string) => gateway.sendLoggedIn({ path });

describe('the files of the console', () => {
  it.each([
    ['/favicon.svg', 'image/svg+xml; charset=utf-8', 'no-cache'],
    ['/index.html', 'text/html; charset=utf-8', 'no-cache'],
    [
      '/assets/index-B1x9_kQz.js',
      'text/javascript; charset=utf-8',
      'private, max-age=31536000, immutable',
    ],
    [
      '/assets/index-D4f-Xy_1.css',
      'text/css; charset=utf-8',
      'private, max-age=31536000, immutable',
    ],
    ['/assets/logo.png', 'image/png', 'no-cache'],
  ])('%s is %s, %s', async (path, type, cache) => {
    const answer = await get(path);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe(type);
    expect(answer.headers['cache-control']).toBe(cache);
  });

  it('are sent byte for byte, and HEAD without a body', async () => {
    const answer = await gateway.sendLoggedIn({ method: 'HEAD', path: '/assets/logo.png' });
    expect([answer.status, answer.text]).toEqual([200, '']);
    expect((await get('/assets/index-B1x9_kQz.js')).text).toBe('export {};');
  });

  it.each(['/', '/runs', '/runs/run-1', '/runs/run-1::session/transcript'])(
    '%s is the one page of the app',
    async (path) => {
      const answer = await get(path);
      expect(answer.status).toBe(200);
      expect(answer.text).toContain('<title>console</title>');
      expect(answer.headers['cache-control']).toBe('no-cache');
    },
  );

  it.each(['/assets/index-00000000.js', '/missing.css', '/assets/index-B1x9_kQz.js/x.js'])(
    '%s is missing, not the page of the app',
    async (path) => {
      expect((await get(path)).status).toBe(404);
    },
  );

  it('take no other method', async () => {
    const answer = await gateway.sendLoggedIn({ method: 'POST', path: '/' });
    expect([answer.status, answer.headers['allow']]).toEqual([405, 'GET, HEAD']);
  });
});

describe('a path that leads outside', () => {
  it.each([
    '/../outside.txt',
    '/assets/../../outside.txt',
    '/..%2Foutside.txt',
    '/%2e%2e/outside.txt',
    '/%2e%2e%2foutside.txt',
    '/assets/..%2f..%2foutside.txt',
    '/assets%2F..%2F..%2Foutside.txt',
    '/..%5coutside.txt',
    '/%252e%252e%252foutside.txt',
    '/assets/link.txt',
    '/.env',
    '/%2eenv',
    '/index.html%00.txt',
    '/%',
    '/%c0%ae%c0%ae/outside.txt',
  ])('%s is refused', async (path) => {
    const answer = await get(path);
    expect([400, 404]).toContain(answer.status);
    expect(answer.text).not.toContain('secret');
  });

  it('is refused as the target of an absolute request', async () => {
    const answer = await get(`http://evil.example/../outside.txt`);
    expect(answer.text).not.toContain('secret');
    expect(answer.status).toBeGreaterThanOrEqual(400);
  });
});

describe('without a build', () => {
  it.each([
    ['no folder', () => Promise.resolve()],
    ['an empty folder', (folder: string) => mkdir(folder)],
  ])('(%s) every page says how to make one', async (_name, prepare) => {
    const bare = await startTestGateway();
    await prepare(bare.options.consoleFolder);
    for (const path of ['/', '/runs/run-1']) {
      const answer = await bare.sendLoggedIn({ path });
      expect(answer.status).toBe(503);
      expect(answer.text).toContain('npm run build');
    }
    expect((await bare.sendLoggedIn({ path: '/api/runs' })).status).toBe(200);
    await bare.end();
  });
});
