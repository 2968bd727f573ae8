/** Real commands: how they end, what is kept of their output, and that nothing of them stays. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isProcessAlive } from '../../runtime/processes/process-identity.ts';
import { maxFullBytes } from './output-capture.ts';
import { makeTemporaryTree } from './temporary-tree.ts';
import type { TemporaryTree } from './temporary-tree.ts';
import { createWorkspaces, sandboxLevel } from './workspaces.ts';

const log: string[] = [];
const workspace = createWorkspaces({
  environment: { PATH: process.env['PATH'] ?? '', GREETING: 'hello' },
  log: (line) => log.push(line),
});
const pids: number[] = [];
let tree: TemporaryTree;

beforeEach(async () => {
  log.length = 0;
  tree = await makeTemporaryTree();
});

afterEach(async () => {
  for (const pid of pids.splice(0)) if (isProcessAlive(pid)) process.kill(pid, 'SIGKILL');
  await tree.remove();
});

function run(command: string, options: { timeoutMs?: number; signal?: AbortSignal } = {}) {
  const request = { root: tree.root, command, timeoutMs: options.timeoutMs ?? 20_000 };
  const signal = options.signal ?? new AbortController().signal;
  return workspace.runCommand({ ...request, maxCapturedBytes: 8000 }, signal);
}

async function pidIn(name: string): Promise<number> {
  const pid = await vi.waitFor(
    async () => {
      const text = await readFile(join(tree.root, name), 'utf8');
      expect(text).toMatch(/^\d+\n$/u);
      return Number(text);
    },
    { timeout: 10_000 },
  );
  pids.push(pid);
  return pid;
}

async function expectGone(pid: number): Promise<void> {
  await vi.waitFor(() => expect(isProcessAlive(pid)).toBe(false), { timeout: 5000 });
}

describe('a command', () => {
  it('ends with its exit code and its two outputs apart', async () => {
    const result = await run('echo out; echo err >&2; exit 3');
    expect(result).toMatchObject({
      end: { type: 'exited', exitCode: 3 },
      stdout: { text: 'out\n', bytes: 4, truncated: false },
      stderr: { text: 'err\n', bytes: 4, truncated: false },
    });
    expect(result.durationMs).toBeGreaterThan(0);
  });

  it('runs in the root, in bash, without input, and sees only the environment given', async () => {
    const result = await run('pwd; [[ -n $BASH_VERSION ]] && echo bash; cat; env');
    const lines = result.stdout.text.split('\n');
    expect(lines.slice(0, 2)).toEqual([tree.root, 'bash']);
    const names = lines.slice(2).filter((line) => line !== '');
    expect(names).toContain('GREETING=hello');
    const own = ['GREETING', 'OLDPWD', 'PATH', 'PWD', 'SHLVL', '_'];
    for (const line of names) expect(own).toContain(line.split('=')[0]);
  });

  it('says which signal ended it', async () => {
    const result = await run('kill -SEGV $$');
    expect(result.end).toEqual({ type: 'signalled', signal: 'SIGSEGV' });
  });

  it('is refused when it cannot be passed on', async () => {
    for (const command of ['a\0b', `echo ${'x'.repeat(200_000)}`]) {
      await expect(run(command)).rejects.toMatchObject({ code: 'SB_TOOL_FAILED' });
    }
  });

  it('is confined to its group and its folder only, and that is said', () => {
    expect(sandboxLevel).toBe('none');
  });
});

describe('output', () => {
  it('stays bounded when there are 50 MB of it', async () => {
    const { end, stdout } = await run('yes | head -c 50000000; echo END');
    expect(end).toEqual({ type: 'exited', exitCode: 0 });
    expect(stdout.bytes).toBe(50_000_004);
    expect(stdout.truncated).toBe(true);
    expect(Buffer.byteLength(stdout.text)).toBeLessThanOrEqual(8000);
    expect(stdout.text).toMatch(/^y\ny\n/u);
    expect(stdout.text).toMatch(/END\n$/u);
    const full = Buffer.from(stdout.full ?? []);
    expect(full.byteLength).toBeGreaterThan(maxFullBytes);
    expect(full.byteLength).toBeLessThan(maxFullBytes + 100);
    expect(full.subarray(-100).toString()).toContain('bytes were not kept');
  });

  it('may be anything but UTF-8', async () => {
    const { stdout } = await run("printf 'a\\377\\000b'; head -c 100000 /dev/urandom");
    expect(stdout.bytes).toBe(100_004);
    expect(stdout.text.startsWith('a\ufffd\ufffdb')).toBe(true);
    expect(Buffer.byteLength(stdout.text)).toBeLessThanOrEqual(8000);
    expect(Buffer.from(stdout.full ?? []).subarray(0, 4)).toEqual(Buffer.from([97, 255, 0, 98]));
  });
});

describe('a deadline', () => {
  it('ends grandchildren too and keeps what was written', async () => {
    const command =
      'echo started; (sleep 300 & echo $! > child; sh -c "echo \\$\\$ > grandchild; sleep 300; :"); :';
    const running = run(command, { timeoutMs: 3000 });
    const [child, grandchild] = [await pidIn('child'), await pidIn('grandchild')];
    expect(isProcessAlive(child) && isProcessAlive(grandchild)).toBe(true);
    const result = await running;
    expect(result.end).toEqual({ type: 'timedOut', afterMs: 3000 });
    expect(result.stdout.text).toBe('started\n');
    await expectGone(child);
    await expectGone(grandchild);
  });

  it('ends what ignores SIGTERM', async () => {
    const running = run('trap "" TERM; echo $$ > child; while :; do sleep 1; done', {
      timeoutMs: 1000,
    });
    const child = await pidIn('child');
    expect((await running).end).toEqual({ type: 'timedOut', afterMs: 1000 });
    await expectGone(child);
  });
});

describe('cancellation', () => {
  it('ends the whole group', async () => {
    const cancelling = new AbortController();
    const running = run('sleep 300 & echo $! > child; wait', { signal: cancelling.signal });
    const child = await pidIn('child');
    cancelling.abort();
    await expect(running).rejects.toMatchObject({ code: 'SB_EFFECT_CANCELLED' });
    await expectGone(child);
  });

  it('comes before the start as well', async () => {
    const cancelled = run('touch started', { signal: AbortSignal.abort() });
    await expect(cancelled).rejects.toMatchObject({ code: 'SB_EFFECT_CANCELLED' });
    expect((await workspace.findFiles(tree.root, '*', 5)).paths).toEqual([]);
  });
});

describe('a background child that holds stdout', () => {
  it('is ended with the command', async () => {
    const result = await run('sleep 300 & echo $! > child; echo done');
    const child = await pidIn('child');
    expect(result).toMatchObject({
      end: { type: 'exited', exitCode: 0 },
      stdout: { text: 'done\n' },
    });
    expect(result.durationMs).toBeLessThan(15_000);
    await expectGone(child);
  });

  it('does not hold us even when it has left the group', async () => {
    const result = await run(
      'setsid sh -c "echo \\$\\$ > child; exec sleep 300" & echo done; until [ -s child ]; do :; done',
    );
    const child = await pidIn('child');
    expect(result.stdout.text).toBe('done\n');
    expect(result.durationMs).toBeLessThan(15_000);
    expect(log).toEqual([expect.stringContaining('detached')]);
    expect(isProcessAlive(child)).toBe(true);
  });
});
