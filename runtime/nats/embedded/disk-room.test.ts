import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { SignalboxError } from '../../contract/errors.ts';
import { watchDiskRoom } from './disk-room.ts';

it('tells once that the disk is full and once that it no longer is', async () => {
  let free = 100;
  const told: (string | undefined)[] = [];
  const tell = ({ lack }: { readonly lack: SignalboxError | undefined }): void => {
    told.push(lack?.message);
  };
  const room = watchDiskRoom('/data', tell, async () => free * 1024 ** 2);
  expect(await room.check()).toBe(true);
  free = 1.5;
  expect([await room.check(), await room.check()]).toEqual([false, false]);
  expect(room.lack).toMatchObject({ code: 'SB_STORAGE_FULL', retryable: true });
  free = 16;
  expect([await room.check(), await room.check()]).toEqual([true, true]);
  expect(room.lack).toBeUndefined();
  expect(told).toEqual([
    'the disk of /data is full (1.5 MB free): JetStream stores nothing, and all work waits',
    undefined,
  ]);
});

it('looks at the disk of the folder, and leaves one that cannot be asked to the server', async ({
  onTestFinished,
}) => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-room-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  expect(await watchDiskRoom(folder, () => undefined).check()).toBe(true);
  expect(await watchDiskRoom(join(folder, 'none'), () => undefined).check()).toBe(true);
});
