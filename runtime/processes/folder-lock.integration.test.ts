import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTypeScript } from '../testing/typescript-program.ts';
import { lockFolder } from './folder-lock.ts';
import { identifyProcess } from './process-identity.ts';

const now = new Date('2030-01-02T03:04:05Z');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-lock-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('a second holder is refused and told who holds the folder, until it is released', async () => {
  const lock = await lockFolder(folder, now);
  await expect(lockFolder(folder, now)).rejects.toMatchObject({
    code: 'SB_HOME_LOCKED',
    message: `${folder} is in use by process ${process.pid}, since 2030-01-02T03:04:05.000Z`,
  });
  await lock.release();
  await lock.release();
  await (await lockFolder(folder, now)).release();
});

test('of many at once exactly one wins, whether the folder is fresh, released or left by the dead', async () => {
  const deadPid = spawnSync('true').pid;
  for (let round = 0; round < 5; round += 1) {
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, () => lockFolder(folder, now)),
    );
    const winners = results.filter((result) => result.status === 'fulfilled');
    expect(winners).toHaveLength(1);
    if (round % 2 === 0) {
      await winners[0]?.value.release();
    } else {
      const [held] = await readdir(folder);
      await writeFile(
        join(folder, held ?? ''),
        JSON.stringify({ pid: deadPid, since: '', released: false }),
      );
    }
  }
  expect(await readdir(folder)).toHaveLength(1);
});

test.runIf(process.platform === 'linux')(
  'a pid that was handed out again holds nothing',
  async () => {
    const earlier = { ...identifyProcess(process.pid), startTicks: 1 };
    const record = { ...earlier, since: '2029-01-01T00:00:00Z', released: false };
    await writeFile(join(folder, 'lock.7'), JSON.stringify(record));
    const lock = await lockFolder(folder, now);
    expect(await readdir(folder)).toEqual(['lock.8']);
    await lock.release();
  },
);

test('a lock file without sense holds nothing', async () => {
  await writeFile(join(folder, 'lock.1'), '{"pid":');
  const lock = await lockFolder(folder, now);
  expect(await readdir(folder)).toEqual(['lock.2']);
  await lock.release();
});

test('the lock of a process killed with -9 is taken over', async () => {
  const holder = startTypeScript(`
    const { lockFolder } = await load('runtime/processes/folder-lock.ts');
    await lockFolder(${JSON.stringify(folder)}, new Date());
    console.log('locked');
    setInterval(() => {}, 60_000);
  `);
  await new Promise((resolve) => holder.stdout.once('data', resolve));
  await expect(lockFolder(folder, now)).rejects.toThrow(`process ${holder.pid}`);
  holder.kill('SIGKILL');
  await new Promise((resolve) => holder.once('exit', resolve));
  await (await lockFolder(folder, now)).release();
});
