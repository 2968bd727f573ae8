/** Homebrew, for machines that have it: the one way that installs for the whole machine, as its owner chose. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findOnPath } from './find-server-binary.ts';
import type { Attempt, Environment } from './attempt.ts';

const installTimeoutMs = 300_000;

export async function installWithBrew(env: Environment): Promise<Attempt> {
  const brew = await findOnPath('brew', env['PATH']);
  if (brew === undefined) return { status: 'failed', reason: 'it is not installed' };
  const run = promisify(execFile);
  await run(brew, ['install', '--quiet', 'nats-server'], { env, timeout: installTimeoutMs });
  const { stdout } = await run(brew, ['--prefix', 'nats-server'], { env });
  return { status: 'obtained', path: join(stdout.trim(), 'bin', 'nats-server') };
}
