/** Runs the built `signalbox` command as a person would: commands that end, and systems that stay up. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { repositoryRoot } from '../../runtime/testing/repository-root.ts';
import { findTestServerBinary } from '../../runtime/testing/real-server.ts';

/** A command that takes longer than this hangs. */
const commandTimeoutMs = 30_000;
const startTimeoutMs = 30_000;

export type Environment = Readonly<Record<string, string | undefined>>;

export interface CommandEnd {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Nothing of ours is in the environment but what the test gives. */
async function buildEnvironment(given: Environment): Promise<NodeJS.ProcessEnv> {
  const { PATH, HOME, LANG } = process.env;
  return { PATH, HOME, LANG, NATS_SERVER: await findTestServerBinary(), ...given };
}

function spawnSignalbox(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  cwd?: string,
): ChildProcess {
  const program = join(repositoryRoot, 'dist', 'cli', 'main.js');
  return spawn(process.execPath, [program, ...args], {
    env,
    ...(cwd === undefined ? {} : { cwd }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Resolves when the command has ended; rejects, and ends it, when it hangs. */
export async function runSignalbox(
  args: readonly string[],
  options: { readonly env?: Environment; readonly cwd?: string } = {},
): Promise<CommandEnd> {
  const child = spawnSignalbox(args, await buildEnvironment(options.env ?? {}), options.cwd);
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  let hung = false;
  const timer = setTimeout(() => {
    hung = true;
    child.kill('SIGKILL');
  }, commandTimeoutMs);
  await once(child, 'close');
  clearTimeout(timer);
  if (hung)
    throw new Error(
      `signalbox ${args.join(' ')} did not end in ${commandTimeoutMs} ms\n${stdout}\n${stderr}`,
    );
  return { exitCode: child.exitCode, stdout, stderr };
}

export interface RunningCommand {
  readonly pid: number;
  readonly home: string;
  readonly lines: readonly string[];
  /** The log file, one JSON object per line. */
  log(): string;
  /** Resolves when a line of the output holds the text. */
  untilSaid(text: string, timeoutMs?: number): Promise<void>;
  /** Resolves when so many lines do. */
  untilCount(text: string, count: number): Promise<void>;
  /** Asks the process to stop and resolves with its exit code. */
  stop(): Promise<number | null>;
  readonly ended: Promise<number | null>;
}

/** Of the embedded server: how one of the user's own syncs is its own business. */
export function syncFlags(env: Environment = {}): readonly string[] {
  return env['NATS_URL'] === undefined ? ['--sync', 'interval'] : [];
}

/** `signalbox up` on a free port; resolves when it says that it runs. */
export async function startUp(
  home: string,
  options: { readonly env?: Environment; readonly flags?: readonly string[] } = {},
): Promise<RunningCommand> {
  const args = ['up', '--port', '0', ...syncFlags(options.env), ...(options.flags ?? [])];
  const command = await startSignalbox(args, home, options.env ?? {});
  await command.untilSaid('Signalbox runs.', startTimeoutMs);
  return command;
}

/** Starts a command that goes on. */
export async function startSignalbox(
  args: readonly string[],
  home: string,
  env: Environment = {},
): Promise<RunningCommand> {
  const child = spawnSignalbox(args, await buildEnvironment({ SIGNALBOX_HOME: home, ...env }));
  if (child.pid === undefined || child.stdout === null || child.stderr === null)
    throw new Error('signalbox cannot be started');
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => lines.push(line));
  }
  let ended = false;
  const end = once(child, 'close').then(() => {
    ended = true;
    return child.exitCode;
  });
  const untilCount = async (
    text: string,
    count: number,
    timeoutMs = commandTimeoutMs,
  ): Promise<void> => {
    const isSaid = (): boolean => lines.filter((line) => line.includes(text)).length >= count;
    const describe = (): string =>
      `"${text}" was not said ${count} times:\n${lines.slice(-60).join('\n')}`;
    await vi.waitFor(
      () => {
        if (!isSaid() && !ended) throw new Error(describe());
      },
      { timeout: timeoutMs, interval: 10 },
    );
    if (!isSaid()) throw new Error(`ended with ${child.exitCode}; ${describe()}`);
  };
  return {
    pid: child.pid,
    home,
    lines,
    ended: end,
    log: () => readFileSync(join(home, 'logs', 'signalbox.log'), 'utf8'),
    untilSaid: (text, timeoutMs) => untilCount(text, 1, timeoutMs),
    untilCount: (text, count) => untilCount(text, count),
    stop: async () => {
      child.kill('SIGTERM');
      return end;
    },
  };
}
