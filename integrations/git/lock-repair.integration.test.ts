import { rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SignalboxError } from '../../runtime/contract/errors.ts';
import { createLockRepair } from './lock-repair.ts';
import { createGitSandbox } from './testing/git-sandbox.ts';
import type { GitSandbox } from './testing/git-sandbox.ts';

let sandbox: GitSandbox;
let path: string;

beforeAll(async () => {
  sandbox = await createGitSandbox();
  path = join(sandbox.folder, 'some.lock');
});
afterAll(() => sandbox.remove());

const isThere = (): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

async function lockFor(
  ageMs: number,
): Promise<{ path: string; folders: string[]; mayBeHeldLong: boolean }> {
  await writeFile(path, '');
  const at = new Date(Date.now() - ageMs);
  await utimes(path, at, at);
  return { path, folders: [sandbox.folder], mayBeHeldLong: false };
}

/** As git does: fails while the lock is there. */
async function operation(): Promise<string> {
  if (await isThere()) throw new SignalboxError('SB_GIT_FAILED', 'locked', { retryable: true });
  return 'done';
}

describe('lock repair', () => {
  const withLockRepair = createLockRepair({ clock: () => new Date() });

  it('removes an old lock and does not touch one it was not told of', async () => {
    const lock = await lockFor(60_000);
    const other = { ...lock, path: `${path}.other` };
    await expect(withLockRepair([other], async () => `${await isThere()}`)).resolves.toBe('true');
    await expect(withLockRepair([lock], operation)).resolves.toBe('done');
  });

  it('waits for a young lock, which its owner removes', async () => {
    const lock = await lockFor(0);
    let tries = 0;
    const done = withLockRepair([lock], async () => {
      tries += 1;
      if (tries === 3) await rm(path);
      return operation();
    });
    await expect(done).resolves.toBe('done');
    expect(tries).toBe(3);
  });

  it('takes a young lock for dead once it has aged with nobody at work there', async () => {
    const lock = await lockFor(0);
    await expect(withLockRepair([lock], operation)).resolves.toBe('done');
    expect(await isThere()).toBe(false);
  });

  it('fails at once when no lock is to blame', async () => {
    let tries = 0;
    const failing = withLockRepair(
      [{ path: `${path}.none`, folders: [], mayBeHeldLong: false }],
      () => {
        tries += 1;
        return Promise.reject(new SignalboxError('SB_GIT_FAILED', 'no'));
      },
    );
    await expect(failing).rejects.toThrow('no');
    expect(tries).toBe(1);
  });

  it('gives up with the last failure when the lock stays', async () => {
    const lock = await lockFor(0);
    let time = Date.now();
    const impatient = createLockRepair({ clock: () => new Date((time += 20_000)) });
    const held = { ...lock, mayBeHeldLong: true, path };
    const failing = impatient([held], async () => {
      await lockFor(-3_600_000);
      return operation();
    });
    await expect(failing).rejects.toMatchObject({ message: 'locked', retryable: true });
  });
});
