/** Whether a system runs, as told by the file it leaves: never a guess from a file that is older than the process. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SignalboxError } from '../../runtime/contract/errors.ts';
import { identifyProcess } from '../../runtime/processes/process-identity.ts';
import { readSystemRecord, removeSystemRecord, writeSystemRecord } from './system-record.ts';

let folder = '';
let file = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-record-'));
  file = join(folder, 'system.json');
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const facts = {
  startedAt: '2026-01-01T00:00:00.000Z',
  gatewayUrl: 'http://127.0.0.1:7070',
  namespace: 'main',
  partitionCount: 16,
  nats: { url: 'nats://127.0.0.1:4222', user: 'signalbox', password: 'secret' },
};

async function writeAs(process: {
  readonly pid: number;
  readonly startTicks?: number;
}): Promise<void> {
  await writeFile(file, JSON.stringify({ ...facts, ...process }));
}

async function findEndedPid(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(child, 'exit');
  if (child.pid === undefined) throw new Error('no process was started');
  return child.pid;
}

it('there is none where there is no file', async () => {
  expect(await readSystemRecord(file)).toBeUndefined();
});

it('the system that wrote the file and still runs is found', async () => {
  await writeSystemRecord(file, facts);
  expect(await readSystemRecord(file)).toEqual({ ...facts, ...identifyProcess(process.pid) });
  await removeSystemRecord(file);
  expect(await readSystemRecord(file)).toBeUndefined();
});

it('holds credentials, so only its owner may read it, and no draft of it stays', async () => {
  await writeSystemRecord(file, facts);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await chmod(file, 0o644);
  await writeSystemRecord(file, facts);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(['system.json']);
});

it('a draft that a killed start left readable does not stay readable', async () => {
  await writeFile(`${file}.draft`, 'half', { mode: 0o644 });
  await writeSystemRecord(file, facts);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject(facts);
});

it('a system that was killed does not run', async () => {
  await writeAs({ pid: await findEndedPid() });
  expect(await readSystemRecord(file)).toBeUndefined();
});

it('another process with the pid of a killed system is not that system', async () => {
  const { pid, startTicks } = identifyProcess(process.pid);
  if (startTicks === undefined) throw new Error('this test needs /proc');
  await writeAs({ pid, startTicks: startTicks - 1 });
  expect(await readSystemRecord(file)).toBeUndefined();
  await writeAs({ pid, startTicks });
  expect(await readSystemRecord(file)).toMatchObject({ pid });
});

async function refusalOf(text: string): Promise<SignalboxError> {
  await writeFile(file, text);
  const outcome = await readSystemRecord(file).catch((error: unknown) => error);
  if (outcome instanceof SignalboxError) return outcome;
  throw new Error('the file was accepted');
}

it.each(['', '{"pid": 1', 'pid: 1'])(
  'a damaged file (%j) is named, with what to do',
  async (text) => {
    const { code, message, next } = await refusalOf(text);
    expect(code).toBe('SB_CONFIG_INVALID');
    expect(message).toContain(`${file} is damaged`);
    expect(next).toMatch(/\S/u);
  },
);

it('a file of another version is damaged, too: a system may run that it does not describe', async () => {
  const { code, message } = await refusalOf(JSON.stringify({ pid: process.pid, gatewayUrl: 7070 }));
  expect(code).toBe('SB_CONFIG_INVALID');
  expect(message).toContain('gatewayUrl');
});
