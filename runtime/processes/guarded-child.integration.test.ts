import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startTypeScript } from '../testing/typescript-program.ts';
import { spawnGuarded } from './guarded-child.ts';
import type { GuardedChild, GuardedCommand } from './guarded-child.ts';
import { isProcessAlive } from './process-identity.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-guarded-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function runShell(script: string, options: Partial<GuardedCommand> = {}): Promise<GuardedChild> {
  return spawnGuarded({
    command: ['sh', '-c', script],
    cwd: folder,
    env: { PATH: process.env['PATH'] },
    graceMs: 2_000,
    onDeath: 'terminate',
    ...options,
  });
}

async function readText(child: GuardedChild): Promise<string> {
  let text = '';
  for await (const chunk of child.stdout) text += String(chunk);
  return text;
}

async function readPid(name: string): Promise<number> {
  return vi.waitFor(
    async () => {
      const text = await readFile(join(folder, name), 'utf8');
      expect(text).toMatch(/^\d+\n$/);
      return Number(text);
    },
    { timeout: 10_000 },
  );
}

/** Those of the processes that still run when they had ten seconds to end. */
async function survivors(...pids: number[]): Promise<number[]> {
  const deadline = Date.now() + 10_000;
  return vi.waitUntil(
    () => {
      const alive = pids.filter((pid) => isProcessAlive(pid));
      return alive.length === 0 || Date.now() > deadline ? alive : undefined;
    },
    { timeout: 15_000 },
  );
}

/** Another Node process that starts `script` guarded and then waits to be killed. */
function startParent(script: string, options: Partial<GuardedCommand> = {}) {
  const command = {
    command: ['sh', '-c', script],
    cwd: folder,
    env: { PATH: process.env['PATH'] },
    graceMs: 300,
    onDeath: 'terminate',
    ...options,
  };
  return startTypeScript(`
    const { spawnGuarded } = await load('runtime/processes/guarded-child.ts');
    await spawnGuarded(${JSON.stringify(command)});
  `);
}

/** Writes its own pid and that of a background child, then waits for ever. */
const family = 'echo $$ > leader; sleep 1000 & echo $! > grandchild; wait';

describe('a guarded child', () => {
  test.each([0, 1, 125, 143, 255])('exit code %i is passed on', async (exitCode) => {
    const child = await runShell(`exit ${exitCode}`);
    expect(await child.exited).toEqual({ type: 'exited', exitCode });
  });

  test.each(['SIGTERM', 'SIGKILL', 'SIGSEGV'] as const)(
    'ending by %s is told apart',
    async (signal) => {
      const child = await runShell(`kill -s ${signal.slice(3)} $$; sleep 1000`);
      expect(await child.exited).toEqual({ type: 'signalled', signal });
    },
  );

  test('output, folder, environment, arguments and an empty stdin arrive as given', async () => {
    const child = await spawnGuarded({
      command: [
        'sh',
        '-c',
        'cat; pwd -P; printf "%s|%s|%s" "$COLOUR" "$1" "$2"; echo oops >&2',
        'sh',
        'a b',
        '$x',
      ],
      cwd: folder,
      env: { PATH: process.env['PATH'], COLOUR: 'red "\'$' },
      graceMs: 0,
      onDeath: 'kill',
    });
    const stderr: Buffer[] = [];
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    expect(await readText(child)).toBe(`${await realpath(folder)}\nred "'$|a b|$x`);
    expect(await child.exited).toEqual({ type: 'exited', exitCode: 0 });
    expect(Buffer.concat(stderr).toString()).toBe('oops\n');
  });

  test('a program that does not exist ends with 127, a folder that does not exist is refused', async () => {
    const child = await spawnGuarded({
      command: ['no-such-program'],
      cwd: folder,
      env: { PATH: process.env['PATH'] },
      graceMs: 0,
      onDeath: 'kill',
    });
    expect(await child.exited).toEqual({ type: 'exited', exitCode: 127 });
    await expect(runShell('true', { cwd: join(folder, 'missing') })).rejects.toMatchObject({
      code: 'SB_NOT_FOUND',
    });
  });

  test('what it leaves in its process group ends with it', async () => {
    const child = await runShell('sleep 1000 & echo $! > grandchild');
    expect(await child.exited).toEqual({ type: 'exited', exitCode: 0 });
    expect(await survivors(await readPid('grandchild'))).toEqual([]);
    expect(await readText(child)).toBe('');
  });
});

describe('kill', () => {
  test('ends the whole group, once, and may be repeated', async () => {
    const child = await runShell(family);
    const grandchild = await readPid('grandchild');
    await Promise.all([child.kill(), child.kill()]);
    expect(await child.exited).toEqual({ type: 'signalled', signal: 'SIGTERM' });
    expect(await survivors(child.pid, grandchild)).toEqual([]);
    await child.kill();
  });

  test('uses SIGKILL on a group that ignores SIGTERM', async () => {
    const child = await runShell(`trap '' TERM; ${family}`, { graceMs: 200 });
    const grandchild = await readPid('grandchild');
    await child.kill();
    expect(await child.exited).toEqual({ type: 'signalled', signal: 'SIGKILL' });
    expect(await survivors(child.pid, grandchild)).toEqual([]);
  });
});

test('a kill without grace does not wait for an earlier one with', async () => {
  const child = await runShell(`trap '' TERM; ${family}`, { graceMs: 600_000 });
  await readPid('grandchild');
  await Promise.all([child.kill(), child.kill(0)]);
  expect(await child.exited).toEqual({ type: 'signalled', signal: 'SIGKILL' });
});

test('children that have ended leave no descriptor open', async () => {
  const countDescriptors = async () => (await readdir('/dev/fd')).length;
  await (
    await runShell('true')
  ).exited;
  const before = await countDescriptors();
  const children = await Promise.all(Array.from({ length: 20 }, () => runShell('echo done')));
  await Promise.all(children.map((child) => readText(child)));
  await Promise.all(children.map((child) => child.stderr.resume() && child.exited));
  await vi.waitFor(async () => expect(await countDescriptors()).toBeLessThanOrEqual(before + 2));
});

describe('when the parent is killed with -9', () => {
  test.each([
    ['an ordinary group is terminated', family, {}],
    ['one that ignores SIGTERM is killed after the grace', `trap '' TERM; ${family}`, {}],
    ['and at once where asked', `trap '' TERM; ${family}`, { onDeath: 'kill', graceMs: 60_000 }],
  ] as const)('%s', async (_title, script, options) => {
    const parent = startParent(script, options);
    const pids = [await readPid('leader'), await readPid('grandchild')];
    parent.kill('SIGKILL');
    expect(await survivors(...pids)).toEqual([]);
  });

  test('no guard is left behind either', async () => {
    const parent = startParent(family);
    await readPid('grandchild');
    const guards = await listChildren(parent.pid ?? 0);
    expect(guards).toHaveLength(2);
    parent.kill('SIGKILL');
    expect(await survivors(...guards)).toEqual([]);
  });
});

async function listChildren(pid: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=']);
  return stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, parent]) => parent === pid)
    .map(([child]) => child ?? 0);
}
