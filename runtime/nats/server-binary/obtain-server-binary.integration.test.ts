import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SignalboxError } from '../../contract/errors.ts';
import { findOnPath } from './find-server-binary.ts';
import { obtainServerBinary } from './obtain-server-binary.ts';
import type { ObtainServerOptions, ServerSources } from './obtain-server-binary.ts';

const machine = `${process.platform}-${process.arch}`;
const aptGet = await findOnPath('apt-get', process.env['PATH']);

let folder: string;
let server: Server | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-binary-'));
  await mkdir(join(folder, 'path'));
});
afterEach(async () => {
  server?.close();
  server = undefined;
  await rm(folder, { recursive: true, force: true });
});

async function writeProgram(path: string, version: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\necho "nats-server: v${version}"\n`, { mode: 0o755 });
  return path;
}

/** Sources that have nothing, so that no test reaches the network. */
function noSources(): ServerSources {
  return {
    release: { baseUrl: '', version: '2.99.0', archives: {} },
    debian: { osReleaseFile: join(folder, 'os-release'), aptFolder: join(folder, 'apt') },
  };
}

async function obtain(options: Partial<ObtainServerOptions> = {}) {
  const log: string[] = [];
  const path = await obtainServerBinary({
    configured: undefined,
    env: { PATH: join(folder, 'path') },
    cacheDir: join(folder, 'cache'),
    log: (line) => log.push(line),
    sources: noSources(),
    ...options,
  });
  return { path, log };
}

async function refusalOf(attempt: Promise<unknown>): Promise<SignalboxError> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof SignalboxError))
    throw new Error(`expected a refusal, got ${String(error)}`);
  return error;
}

describe('a nats-server that is there', () => {
  test('NATS_SERVER comes first, then PATH, then the cache', async () => {
    const configured = await writeProgram(join(folder, 'mine'), '2.12.1');
    const cached = await writeProgram(join(folder, 'cache', 'bin', 'nats-server'), '2.12.3');
    expect(await obtain()).toEqual({ path: cached, log: [] });
    const onPath = await writeProgram(join(folder, 'path', 'nats-server'), '2.12.2');
    expect(await obtain()).toEqual({ path: onPath, log: [] });
    expect(await obtain({ configured })).toEqual({ path: configured, log: [] });
  });

  test('an older one on PATH is named and skipped', async () => {
    const old = await writeProgram(join(folder, 'path', 'nats-server'), '2.9.10');
    const cached = await writeProgram(join(folder, 'cache', 'bin', 'nats-server'), '2.12.3');
    expect(await obtain()).toEqual({
      path: cached,
      log: [`Skipping ${old}: it has version 2.9.10, too old`],
    });
  });

  test('one that NATS_SERVER names is used or refused, never replaced', async () => {
    await writeProgram(join(folder, 'path', 'nats-server'), '2.12.2');
    const old = await writeProgram(join(folder, 'mine'), '2.9.10');
    expect((await refusalOf(obtain({ configured: old }))).message).toBe(
      `NATS_SERVER names ${old}, which is version 2.9.10; Signalbox needs 2.12.0 or newer`,
    );
    const missing = await refusalOf(obtain({ configured: '/nowhere/nats-server' }));
    expect(missing.code).toBe('SB_NATS_SERVER');
    expect(missing.message).toContain('/nowhere/nats-server, which does not run');
  });
});

test('when nothing works, one message says what was tried and three ways to go on', async () => {
  const old = await writeProgram(join(folder, 'path', 'nats-server'), '2.9.10');
  const error = await refusalOf(obtain());
  expect(error.message.split('\n')).toEqual([
    'no nats-server 2.12.0 or newer was found, and none could be obtained:',
    `  - ${old}: has version 2.9.10, too old`,
    `  - the cache: no ${join(folder, 'cache', 'bin', 'nats-server')}`,
    `  - the official release archive: none is pinned for ${machine}`,
    "  - this distribution's package: this is neither Debian nor Ubuntu",
    '  - brew: it is not installed',
  ]);
  expect(error.next).toMatch(/1\. .*NATS_SERVER[^]*2\. .*NATS_URL[^]*3\. .*docker compose/);
});

describe('the official release archive', () => {
  async function serveArchive(version: string): Promise<ServerSources> {
    const name = `nats-server-v2.99.0-test`;
    await writeProgram(join(folder, 'release', name, 'nats-server'), version);
    const file = join(folder, 'archive.tar.gz');
    execFileSync('tar', ['-czf', file, '-C', join(folder, 'release'), name]);
    const bytes = await readFile(file);
    server = createServer((request, response) => {
      response.statusCode = request.url === `/v2.99.0/${name}.tar.gz` ? 200 : 404;
      response.end(response.statusCode === 200 ? bytes : 'no');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const archives = { [machine]: { platform: 'test', sha256 } };
    const release = { baseUrl: `http://127.0.0.1:${port}`, version: '2.99.0', archives };
    return { ...noSources(), release };
  }

  // tar and gzip are looked up in PATH by their own means: only ours is empty.
  test('is fetched, checked, proved to run and kept; nothing else stays', async () => {
    const sources = await serveArchive('2.99.0');
    const cached = join(folder, 'cache', 'bin', 'nats-server');
    expect(await obtain({ sources })).toEqual({
      path: cached,
      log: ['Getting a NATS server: the official release archive …', `NATS server: ${cached}`],
    });
    expect((await stat(cached)).mode & 0o111).toBe(0o111);
    expect(execFileSync('ls', [join(folder, 'cache')], { encoding: 'utf8' })).toBe('bin\n');
    server?.close();
    expect(await obtain({ sources })).toEqual({ path: cached, log: [] });
  });

  test('two set-ups at once do not collide', async () => {
    const sources = await serveArchive('2.99.0');
    const results = await Promise.all(Array.from({ length: 8 }, () => obtain({ sources })));
    expect(new Set(results.map(({ path }) => path)).size).toBe(1);
  });

  test('with another checksum is not used', async () => {
    const sources = await serveArchive('2.99.0');
    const archives = { [machine]: { platform: 'test', sha256: '0'.repeat(64) } };
    const error = await refusalOf(
      obtain({ sources: { ...sources, release: { ...sources.release, archives } } }),
    );
    expect(error.message).toMatch(
      /archive\.|test\.tar\.gz has checksum [0-9a-f]{64}, not 0{64}; it was not used/,
    );
    await expect(access(join(folder, 'cache', 'bin'))).rejects.toThrow('ENOENT');
  });

  test('that is missing, or not what it says, is passed over with the reason', async () => {
    const sources = await serveArchive('2.1.0');
    expect((await refusalOf(obtain({ sources }))).message).toContain(
      'archive: it has version 2.1.0',
    );
    const release = { ...sources.release, version: '2.98.0' };
    expect((await refusalOf(obtain({ sources: { ...sources, release } }))).message).toContain(
      'HTTP 404',
    );
  });
});

describe.runIf(aptGet !== undefined)("the distribution's package", () => {
  /** A mirror in a folder: `bookworm` without nats-server, `testing` with it, no `unstable`. */
  async function makeMirror(
    packages: readonly { version: string; libc: string }[],
  ): Promise<ServerSources> {
    const mirror = join(folder, 'mirror');
    const architecture = execFileSync('dpkg', ['--print-architecture'], {
      encoding: 'utf8',
    }).trim();
    const stanzas = await Promise.all(
      packages.map(async ({ version, libc }) => {
        const root = join(folder, `deb-${version}`);
        await writeProgram(join(root, 'usr', 'sbin', 'nats-server'), version);
        await mkdir(join(root, 'DEBIAN'));
        const control = [
          'Package: nats-server',
          `Version: ${version}-1`,
          `Architecture: ${architecture}`,
          'Maintainer: Nobody <nobody@example.invalid>',
          `Depends: adduser, libc6 (>= ${libc})`,
          'Description: a stand-in',
        ];
        await writeFile(join(root, 'DEBIAN', 'control'), `${control.join('\n')}\n`);
        const name = `nats-server_${version}-1_${architecture}.deb`;
        await mkdir(mirror, { recursive: true });
        execFileSync('dpkg-deb', ['--root-owner-group', '--build', root, join(mirror, name)]);
        const bytes = await readFile(join(mirror, name));
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        return [
          ...control,
          `Filename: ${name}`,
          `Size: ${bytes.length}`,
          `SHA256: ${sha256}`,
          '',
        ].join('\n');
      }),
    );
    await writeSuite(mirror, 'stable', architecture, '');
    await writeSuite(mirror, 'testing', architecture, stanzas.join('\n'));
    await mkdir(join(folder, 'apt'));
    await writeFile(
      join(folder, 'apt', 'sources.list'),
      `deb [trusted=yes] file:${mirror} bookworm main\n`,
    );
    await writeFile(join(folder, 'os-release'), 'ID=debian\nVERSION_CODENAME=bookworm\n');
    return noSources();
  }

  async function writeSuite(mirror: string, suite: string, architecture: string, text: string) {
    const index = join('main', `binary-${architecture}`, 'Packages');
    const path = join(mirror, 'dists', suite, index);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    const sha256 = createHash('sha256').update(text).digest('hex');
    const release = [
      `Suite: ${suite}`,
      `Architectures: ${architecture}`,
      'Components: main',
      'Date: Thu, 01 Jan 2026 00:00:00 UTC',
      'SHA256:',
      ` ${sha256} ${Buffer.byteLength(text)} ${index}`,
    ];
    await writeFile(join(mirror, 'dists', suite, 'Release'), `${release.join('\n')}\n`);
  }

  const env = process.env;

  test('is the newest that fits, unpacked into the cache', async () => {
    const sources = await makeMirror([
      { version: '2.10.1', libc: '2.1' },
      { version: '2.13.5', libc: '2.2' },
      { version: '2.98.0', libc: '99.0' },
    ]);
    const { path } = await obtain({ sources, env: { ...env, PATH: withoutNats(env['PATH']) } });
    expect(path).toBe(join(folder, 'cache', 'bin', 'nats-server'));
    expect(execFileSync(path, { encoding: 'utf8' })).toContain('v2.13.5');
  });

  test('is none where nothing fits, and the message says what there was', async () => {
    const sources = await makeMirror([{ version: '2.98.0', libc: '99.0' }]);
    const error = await refusalOf(
      obtain({ sources, env: { ...env, PATH: withoutNats(env['PATH']) } }),
    );
    expect(error.message).toMatch(/no version fits libc6 \S+: 2\.98\.0-1 \(libc6 99\.0\)/);
  });

  /** The folders of system programs, without those that may hold a nats-server or brew. */
  function withoutNats(searchPath = ''): string {
    return `${join(folder, 'path')}:${searchPath
      .split(':')
      .filter((path) => path.startsWith('/usr/bin') || path.startsWith('/bin'))
      .join(':')}`;
  }
});
