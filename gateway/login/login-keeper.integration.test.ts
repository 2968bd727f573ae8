import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createLoginKeeper,
  isLoginSecret,
  linkLifetimeMs,
  maxPendingLinks,
  maxSessions,
  sessionLifetimeMs,
  type LoginKeeper,
} from './login-keeper.ts';

const gatewayUrl = 'http://127.0.0.1:4747';
let folder: string;
let time: number;
let keeper: LoginKeeper;

/** As another process, or a later one, would open the same folder. */
const openKeeper = (): LoginKeeper =>
  createLoginKeeper({ folder: join(folder, 'login'), clock: { now: () => time }, randomBytes });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-login-'));
  time = Date.UTC(2026, 0, 1);
  keeper = openKeeper();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function openSession(): Promise<string> {
  const { token } = await keeper.mintLink(gatewayUrl);
  const exchange = await keeper.exchange(token);
  if (exchange.status !== 'opened') throw new Error(exchange.reason);
  return exchange.session;
}

async function everyFile(): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
}

describe('a link', () => {
  it('names the gateway, a token of 256 bit and when it ends', async () => {
    const link = await keeper.mintLink(gatewayUrl);
    expect(link.url).toBe(`${gatewayUrl}/login?token=${link.token}`);
    expect(Buffer.from(link.token, 'base64url')).toHaveLength(32);
    expect(isLoginSecret(link.token)).toBe(true);
    expect(link.expiresAt).toBe('2026-01-01T00:15:00.000Z');
  });

  it('opens one session, once', async () => {
    const { token } = await keeper.mintLink(gatewayUrl);
    expect(await keeper.exchange(token)).toMatchObject({ status: 'opened' });
    expect(await keeper.exchange(token)).toEqual({ status: 'refused', reason: 'unknown' });
  });

  it('opens one session when twenty ask at once, in two processes', async () => {
    const { token } = await keeper.mintLink(gatewayUrl);
    const other = openKeeper();
    const asked = Array.from({ length: 20 }, (_, index) =>
      (index % 2 === 0 ? keeper : other).exchange(token),
    );
    const opened = (await Promise.all(asked)).filter(({ status }) => status === 'opened');
    expect(opened).toHaveLength(1);
  });

  it('minted by another process is taken', async () => {
    const { token } = await openKeeper().mintLink(gatewayUrl);
    expect(await keeper.exchange(token)).toMatchObject({ status: 'opened' });
  });

  it('is good until its last millisecond, and then no more', async () => {
    const [first, second] = [await keeper.mintLink(gatewayUrl), await keeper.mintLink(gatewayUrl)];
    time += linkLifetimeMs - 1;
    expect(await keeper.exchange(first.token)).toMatchObject({ status: 'opened' });
    time += 1;
    expect(await keeper.exchange(second.token)).toEqual({ status: 'refused', reason: 'expired' });
    expect(await keeper.exchange(second.token)).toEqual({ status: 'refused', reason: 'unknown' });
  });

  it.each(['', 'x', '../sessions/x', 'A'.repeat(43), 'A'.repeat(44)])(
    'made up (%j) is refused',
    async (token) => {
      expect(await keeper.exchange(token)).toEqual({ status: 'refused', reason: 'unknown' });
    },
  );

  it('makes room for newer ones beyond the limit, oldest first', async () => {
    const oldest = await keeper.mintLink(gatewayUrl);
    for (let count = 0; count < maxPendingLinks; count += 1) {
      time += 1;
      await keeper.mintLink(gatewayUrl);
    }
    expect(await everyFile()).toHaveLength(maxPendingLinks);
    expect(await keeper.exchange(oldest.token)).toEqual({ status: 'refused', reason: 'unknown' });
  });
});

describe('a session', () => {
  it('is open to who holds it, in later processes too, and to nobody else', async () => {
    const session = await openSession();
    expect(await keeper.isOpen(session)).toBe(true);
    expect(await openKeeper().isOpen(session)).toBe(true);
    expect(await keeper.isOpen(undefined)).toBe(false);
    expect(await keeper.isOpen(session.slice(1))).toBe(false);
    expect(await keeper.isOpen(session.toLowerCase())).toBe(false);
  });

  it('ends', async () => {
    const session = await openSession();
    time += sessionLifetimeMs;
    expect(await keeper.isOpen(session)).toBe(false);
  });

  it('is not opened by a link token, nor a link by a session', async () => {
    const { token } = await keeper.mintLink(gatewayUrl);
    expect(await keeper.isOpen(token)).toBe(false);
    expect(await keeper.exchange(await openSession())).toMatchObject({ status: 'refused' });
  });

  it('makes room for newer ones beyond the limit', async () => {
    const sessions: string[] = [];
    for (let count = 0; count <= maxSessions; count += 1) {
      time += 1;
      sessions.push(await openSession());
    }
    expect(await keeper.isOpen(sessions[0])).toBe(false);
    expect(await keeper.isOpen(sessions.at(-1))).toBe(true);
    expect(await everyFile()).toHaveLength(maxSessions);
  });
});

describe('what is kept', () => {
  it('holds no secret, and only its owner can read it', async () => {
    const { token } = await keeper.mintLink(gatewayUrl);
    const session = await openSession();
    const files = await everyFile();
    expect(files).toHaveLength(2);
    for (const file of files) {
      const kept = `${file}\n${await readFile(file, 'utf8')}`;
      expect(kept).not.toContain(token);
      expect(kept).not.toContain(session);
      expect((await stat(file)).mode & 0o777).toBe(0o600);
    }
    expect((await stat(join(folder, 'login'))).mode & 0o777).toBe(0o700);
  });

  it('is no ticket when a crash left it half written', async () => {
    const session = await openSession();
    const [file] = await everyFile();
    await writeFile(file ?? '', '{"v":1,"expi');
    expect(await keeper.isOpen(session)).toBe(false);
    expect(await keeper.isOpen(await openSession())).toBe(true);
  });

  it('has a cookie name of its own: two signalboxes on one machine do not log each other out', () => {
    const other = createLoginKeeper({ folder: join(folder, 'other'), clock: Date, randomBytes });
    expect(openKeeper().cookieName).toBe(keeper.cookieName);
    expect(other.cookieName).not.toBe(keeper.cookieName);
  });
});
