/** What commands of agents see of our environment. */
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createCommandEnvironment } from './command-environment.ts';

const packageRoot = '/opt/signalbox';
const ours = join(packageRoot, 'node_modules', '.bin');

function foldersOf(path: string | undefined): readonly string[] {
  const environment = path === undefined ? {} : { PATH: path };
  return createCommandEnvironment(environment, packageRoot)['PATH']?.split(delimiter) ?? [];
}

const secrets: Readonly<Record<string, string>> = {
  ANTHROPIC_API_KEY: 'hidden',
  ANTHROPIC_BASE_URL: 'hidden',
  AWS_SECRET_ACCESS_KEY: 'hidden',
  BASH_ENV: 'hidden',
  ENV: 'hidden',
  GH_TOKEN: 'hidden',
  GITHUB_TOKEN: 'hidden',
  GITLAB_TOKEN: 'hidden',
  GIT_ASKPASS: 'hidden',
  GIT_DIR: 'hidden',
  GIT_SSH_COMMAND: 'hidden',
  LD_PRELOAD: 'hidden',
  NATS_PASSWORD: 'hidden',
  NATS_URL: 'hidden',
  NATS_WEBSOCKET_URL: 'hidden',
  NODE_OPTIONS: 'hidden',
  NPM_TOKEN: 'hidden',
  SIGNALBOX_HOME: 'hidden',
  SSH_AUTH_SOCK: 'hidden',
  npm_config__authToken: 'hidden',
};

it('passes on what programs need', () => {
  const needed = {
    HOME: '/home/ada',
    USER: 'ada',
    LOGNAME: 'ada',
    LANG: 'C.UTF-8',
    LC_ALL: 'C.UTF-8',
    TZ: 'UTC',
    TMPDIR: '/tmp',
    SHELL: '/bin/sh',
  };
  const { PATH: _, ...passed } = createCommandEnvironment(needed, packageRoot);
  expect(passed).toEqual(needed);
});

it('keeps every secret, and everything nobody has thought of', () => {
  const { PATH: _, ...passed } = createCommandEnvironment(
    { ...secrets, NOBODY_HAS_THOUGHT_OF: 'hidden' },
    packageRoot,
  );
  expect(passed).toEqual({});
});

describe('the path', () => {
  it('has our own tools last', () => {
    expect(foldersOf('/repository/node_modules/.bin:/usr/bin')).toEqual([
      '/repository/node_modules/.bin',
      '/usr/bin',
      ours,
    ]);
  });

  it('has them last when npm has put them first', () => {
    expect(foldersOf(`${ours}:/usr/local/bin:/usr/bin`)).toEqual([
      '/usr/local/bin',
      '/usr/bin',
      ours,
    ]);
  });

  it.each([undefined, '', ':'])('leads to the system when PATH is %j', (path) => {
    expect(foldersOf(path)).toEqual(['/usr/bin', '/bin', ours]);
  });

  it('never holds the folder that a command runs in', () => {
    expect(foldersOf('/usr/bin::/bin:')).toEqual(['/usr/bin', '/bin', ours]);
  });
});
