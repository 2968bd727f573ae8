/**
 * Owns child processes that cannot outlive this one, even when this one is killed with SIGKILL.
 *
 * The command is our direct child, so its exit code and signal arrive exactly as they happened, and it leads a
 * process group of its own. Beside it runs a guard: a tiny POSIX shell that reads from a pipe only we write to.
 * When the kernel closes our end, however we died, the guard ends the command's whole process group. The command
 * starts only when its guard is up: until then a shell in its place waits for a word from us, and gives up at EOF.
 *
 * A descendant that leaves the group (`setsid`) is out of reach; confining those is the sandbox's work. Reading the
 * output, deadlines and restarts are the caller's.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { describeError, SignalboxError } from '../contract/errors.ts';

export interface GuardedCommand {
  /** The program and its arguments; the program is looked up in `env.PATH`. One that is missing exits with 127. */
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Time between SIGTERM and SIGKILL, for `kill()` and for `onDeath: 'terminate'`. 0 sends SIGKILL at once. */
  readonly graceMs: number;
  /** What the guard does to the process group when this process dies. */
  readonly onDeath: 'terminate' | 'kill';
}

export type ChildExit =
  | { readonly type: 'exited'; readonly exitCode: number }
  | { readonly type: 'signalled'; readonly signal: NodeJS.Signals };

export interface GuardedChild {
  /** Also the id of its process group. */
  readonly pid: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Settles when the command itself has ended; what it left in its group has been killed by then. */
  readonly exited: Promise<ChildExit>;
  /**
   * SIGTERM to the group, SIGKILL after the grace (0: at once); resolves when the command has ended. May be repeated,
   * also with a shorter grace.
   */
  kill(graceMs?: number): Promise<void>;
}

/** Waits for one line on descriptor 3, then becomes the command. */
const starterScript = 'IFS= read -r go <&3 || exit 125; exec 3<&-; exec "$@"';

/** $1 process group, $2 TERM or KILL, $3 grace in tenths of a second. A line on descriptor 3 dismisses it. */
const guardScript = `
trap '' HUP INT TERM
IFS= read -r word <&3 && exit 0
kill -s "$2" -- "-$1" 2>/dev/null || exit 0
left=$3
while [ "$left" -gt 0 ] && kill -s 0 -- "-$1" 2>/dev/null; do sleep 0.1; left=$((left - 1)); done
kill -s KILL -- "-$1" 2>/dev/null
exit 0
`;

/** Starts the command under its guard. Throws `SB_NOT_FOUND` when the folder or the shell is missing. */
export async function spawnGuarded(options: GuardedCommand): Promise<GuardedChild> {
  const command = spawn('/bin/sh', ['-c', starterScript, 'sh', ...options.command], {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const exited = watchExit(command);
  const pid = await waitForSpawn(command, options);
  const starter = controlPipe(command);
  const guard = await startGuard(pid, options).catch((error: unknown) => {
    starter.destroy();
    throw error;
  });
  say(starter, 'go\n');
  let over = false;
  const ended = exited.then((exit) => {
    over = true;
    // The guard is dismissed after the group is gone, so that dying in between still cleans up.
    signalGroup(pid, 'SIGKILL');
    say(guard, 'done\n');
    return exit;
  });
  const { stdout, stderr } = command;
  if (stdout === null || stderr === null) throw new Error('a child spawned with pipes has none');
  // The id of a group that is over may belong to strangers by now.
  const kill = (graceMs = options.graceMs): Promise<void> =>
    over ? Promise.resolve() : endGroup(pid, ended, graceMs);
  return { pid, stdout, stderr, exited: ended, kill };
}

function watchExit(child: ChildProcess): Promise<ChildExit> {
  return new Promise((resolve) => {
    child.once('exit', (exitCode, signal) => {
      resolve(
        signal === null
          ? { type: 'exited', exitCode: exitCode ?? 0 }
          : { type: 'signalled', signal },
      );
    });
  });
}

async function waitForSpawn(child: ChildProcess, options: GuardedCommand): Promise<number> {
  try {
    await once(child, 'spawn');
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw new SignalboxError(
      missing ? 'SB_NOT_FOUND' : 'SB_TOOL_FAILED',
      `cannot start ${options.command[0]} in ${options.cwd}: ${describeError(cause)}`,
      {
        cause,
        retryable: !missing,
        next: 'Check that the folder exists and that this machine has a /bin/sh and processes to spare.',
      },
    );
  }
  if (child.pid === undefined) throw new Error('a spawned child has no pid');
  return child.pid;
}

async function startGuard(group: number, options: GuardedCommand): Promise<Socket> {
  const firstSignal = options.onDeath === 'kill' || options.graceMs === 0 ? 'KILL' : 'TERM';
  const tenths = firstSignal === 'KILL' ? 0 : Math.ceil(options.graceMs / 100);
  const guard = spawn(
    '/bin/sh',
    ['-c', guardScript, 'signalbox-guard', `${group}`, firstSignal, `${tenths}`],
    {
      cwd: '/',
      env: { PATH: '/usr/bin:/bin' },
      detached: true,
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    },
  );
  await waitForSpawn(guard, { ...options, command: ['/bin/sh'], cwd: '/' });
  guard.unref();
  return controlPipe(guard);
}

/** Descriptor 3. Its errors say that the reader has ended, which `exited` tells better. */
function controlPipe(child: ChildProcess): Socket {
  const pipe = child.stdio[3];
  if (!(pipe instanceof Socket)) throw new Error('a child spawned with a control pipe has none');
  pipe.on('error', () => pipe.destroy());
  // The command itself keeps the event loop alive; its control pipes need not.
  return pipe.unref();
}

function say(pipe: Socket, word: string): void {
  pipe.end(word, () => pipe.destroy());
}

async function endGroup(group: number, ended: Promise<ChildExit>, graceMs: number): Promise<void> {
  signalGroup(group, graceMs === 0 ? 'SIGKILL' : 'SIGTERM');
  const timer = setTimeout(() => signalGroup(group, 'SIGKILL'), graceMs);
  await ended;
  clearTimeout(timer);
}

function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch (error) {
    // ESRCH: the group is empty. EPERM: macOS says so for a group of zombies only.
    const gone =
      error instanceof Error &&
      'code' in error &&
      (error.code === 'ESRCH' || error.code === 'EPERM');
    if (!gone) throw error;
  }
}
