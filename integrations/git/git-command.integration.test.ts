import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGit } from './git-command.ts';
import type { RunGit } from './git-command.ts';
import { createGitSandbox } from './testing/git-sandbox.ts';
import type { GitSandbox } from './testing/git-sandbox.ts';

let sandbox: GitSandbox;

beforeAll(async () => {
  sandbox = await createGitSandbox();
});
afterAll(() => sandbox.remove());

/** A stand-in for git that behaves in ways the real one does only on a bad day. */
async function createOddGit(name: string, script: string): Promise<RunGit> {
  const bin = join(sandbox.folder, name);
  await sandbox.write(join(bin, 'git'), `#!/bin/sh\n${script}\n`);
  await chmod(join(bin, 'git'), 0o755);
  return createGit({ environment: { PATH: `${bin}:/usr/bin:/bin` } });
}

describe('running git', () => {
  it('returns output, and exit codes that are answers', async () => {
    const git = createGit({ environment: sandbox.environment });
    const directory = await sandbox.createOrigin('a.git');
    const known = await git({ directory, arguments: ['rev-parse', '--is-bare-repository'] });
    expect(known).toMatchObject({ exitCode: 0, text: 'true', complaint: '' });
    const unknown = ['rev-parse', '--quiet', '--verify', 'refs/heads/nope'];
    expect(await git({ directory, arguments: unknown, answers: [1] })).toMatchObject({
      exitCode: 1,
    });
    await expect(git({ directory, arguments: unknown })).rejects.toMatchObject({
      code: 'SB_GIT_FAILED',
      retryable: false,
    });
  });

  it("fails with git's own words, the arguments and the place", async () => {
    const git = createGit({ environment: sandbox.environment });
    const failure = git({ directory: sandbox.folder, arguments: ['log', '-1'] });
    await expect(failure).rejects.toThrow(
      `git log -1 failed (exit 128) in ${sandbox.folder}: fatal: not a git repository`,
    );
  });

  it('passes arguments as they are, never through a shell', async () => {
    const git = await createOddGit('echo', 'for word; do printf "[%s]" "$word"; done');
    const words = ['a b', '$(touch hacked)', '; exit 3', '*', ''];
    const said = await git({ directory: sandbox.folder, arguments: words });
    expect(said.text).toBe(words.map((word) => `[${word}]`).join(''));
  });

  it('stops what runs past its deadline, with everything it started', async () => {
    const git = await createOddGit('slow', 'sleep 300 & wait');
    const failure = git({ directory: sandbox.folder, arguments: ['x'], deadlineMs: 50 });
    await expect(failure).rejects.toMatchObject({
      code: 'SB_GIT_FAILED',
      retryable: true,
      message: expect.stringContaining('was stopped after 50 ms') as string,
    });
  });

  it('tells a signal and a held lock, which may pass, from a failure', async () => {
    const killed = await createOddGit('killed', 'kill -9 $$');
    const run = { directory: sandbox.folder, arguments: ['add'] };
    await expect(killed(run)).rejects.toMatchObject({ retryable: true });
    const words = "fatal: Unable to create '/a/index.lock': File exists.";
    const locked = await createOddGit('locked', `echo "${words}" >&2; exit 128`);
    await expect(locked(run)).rejects.toMatchObject({ retryable: true });
    const failed = await createOddGit('failed', 'echo "fatal: no" >&2; exit 128');
    await expect(failed(run)).rejects.toMatchObject({ retryable: false });
  });

  it('says that a folder is not there or not a folder', async () => {
    const git = createGit({ environment: sandbox.environment });
    const gone = join(sandbox.folder, 'gone');
    await expect(git({ directory: gone, arguments: ['status'] })).rejects.toThrow(gone);
    await sandbox.write(join(sandbox.folder, 'file'), 'x');
    const file = { directory: join(sandbox.folder, 'file'), arguments: ['status'] };
    await expect(git(file)).rejects.toThrow('is a file');
  });
});
