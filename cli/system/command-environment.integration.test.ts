/** What a command of an agent really sees: `env`, run as the bash tool runs things. */
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createWorkspaces } from '../../integrations/sandbox/workspaces.ts';
import { createCommandEnvironment } from './command-environment.ts';

let folder = '';
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'signalbox-environment-')));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function run(
  command: string,
  environment: Readonly<Record<string, string | undefined>>,
  packageRoot = folder,
): Promise<string> {
  const workspace = createWorkspaces({
    environment: createCommandEnvironment(environment, packageRoot),
  });
  const request = { root: folder, command, timeoutMs: 20_000, maxCapturedBytes: 100_000 };
  const { end, stdout } = await workspace.runCommand(request, new AbortController().signal);
  expect(end).toEqual({ type: 'exited', exitCode: 0 });
  return stdout.text;
}

it('no secret reaches a command, nor anything that changes what bash and git do', async () => {
  const intruder = join(folder, 'intruder.sh');
  await writeFile(intruder, 'echo intruder was here\n');
  const text = await run('env', {
    ...process.env,
    ANTHROPIC_API_KEY: 'sk-hidden',
    NATS_URL: 'nats://signalbox:hidden@127.0.0.1',
    NATS_PASSWORD: 'hidden',
    GITHUB_TOKEN: 'hidden',
    GIT_DIR: '/hidden',
    GIT_SSH_COMMAND: 'hidden',
    BASH_ENV: intruder,
    SIGNALBOX_HOME: '/hidden',
  });
  expect(text).not.toMatch(/hidden|intruder/u);
  const names = text.split('\n').map((line) => line.split('=')[0]);
  expect(names).toContain('PATH');
  // What bash sets by itself, and what we pass on.
  const known = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'SHELL'];
  const own = ['PWD', 'OLDPWD', 'SHLVL', '_', ''];
  expect(names.filter((name) => ![...known, ...own].includes(name ?? ''))).toEqual([]);
});

it("a repository's own tool is found before ours, and ours where it has none", async () => {
  const tools = { theirs: join(folder, 'theirs'), ours: join(folder, 'node_modules', '.bin') };
  await mkdir(tools.theirs, { recursive: true });
  await mkdir(tools.ours, { recursive: true });
  const place = (path: string, says: string) =>
    writeFile(path, `#!/bin/sh\necho ${says}\n`, { mode: 0o755 });
  await place(join(tools.theirs, 'checker'), 'theirs');
  await place(join(tools.ours, 'checker'), 'ours');
  await place(join(tools.ours, 'formatter'), 'ours');
  // As under `npm start`, which puts our folder first.
  const path = `${tools.ours}:${tools.theirs}:${process.env['PATH'] ?? ''}`;
  expect(await run('checker && formatter', { PATH: path })).toBe('theirs\nours\n');
});
