/**
 * Runs the real `git`: argument arrays, no shell, a deadline and an output limit on every call, at
 * most `maxConcurrentCommands` at once. A failure is `SB_GIT_FAILED` with git's own words. What a
 * command means, and which exit codes are answers, is left to the callers.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { SignalboxError, assertNever, describeError } from '../../runtime/contract/errors.ts';
import { createCommandSlots } from './command-slots.ts';
import { gitEnvironment, minimalEnvironment } from './git-environment.ts';
import type { OuterEnvironment } from './git-environment.ts';

/** Commands that touch only the local disk. */
const defaultDeadlineMs = 60_000;
/** Commands that copy objects or check out a whole tree. */
export const transferDeadlineMs = 300_000;
/** Time for git to remove its lock files after the polite signal. */
const killGraceMs = 2_000;
/** Two hundred sessions may ask at once; more processes than this only fight for the disk. */
const maxConcurrentCommands = 8;
/** A status or a document batch is far smaller; beyond this something is wrong. */
const maxOutputBytes = 64 * 1024 * 1024;
const maxQuotedLength = 2_000;
/**
 * The one thing read from git's words (in the C locale), because it has no exit code of its own: a
 * lock is held, or a worktree of the same repository is being made at this instant.
 */
const contention =
  /\.lock': File exists|failed to read .*worktrees\/.*\/commondir|bad object worktrees\/.*\/HEAD/;

export interface GitCommand {
  /** Absolute path: a worktree, a repository or a git directory. */
  readonly directory: string;
  readonly arguments: readonly string[];
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly deadlineMs?: number;
  /** Exit codes that are answers rather than failures, beside 0. */
  readonly answers?: readonly number[];
}

export interface GitResult {
  readonly exitCode: number;
  readonly output: Buffer;
  /** The output as text, without the last line end. */
  readonly text: string;
  readonly complaint: string;
}

/** Throws `SB_GIT_FAILED` for exit codes that are neither 0 nor in `answers`. */
export type RunGit = (command: GitCommand) => Promise<GitResult>;

export interface GitOptions {
  /** PATH, HOME and what else git may see of the outside. */
  readonly environment?: OuterEnvironment;
}

type GitEnd =
  | { readonly type: 'exited'; readonly exitCode: number }
  | { readonly type: 'signalled'; readonly signal: string }
  | { readonly type: 'timedOut'; readonly afterMs: number }
  | { readonly type: 'tooMuchOutput' };

interface Capture {
  readonly end: GitEnd;
  readonly output: Buffer;
  readonly complaint: string;
}

export function createGit(options: GitOptions = {}): RunGit {
  const outer = options.environment ?? minimalEnvironment();
  const withSlot = createCommandSlots(maxConcurrentCommands);
  return (command) =>
    withSlot(async () => {
      const capture = await captureGit(command, outer);
      const { end, output, complaint } = capture;
      if (
        end.type === 'exited' &&
        (end.exitCode === 0 || command.answers?.includes(end.exitCode))
      ) {
        const text = output.toString('utf8').replace(/\n$/, '');
        return { exitCode: end.exitCode, output, text, complaint };
      }
      throw failureOf(command, capture);
    });
}

async function captureGit(command: GitCommand, outer: OuterEnvironment): Promise<Capture> {
  await requireDirectory(command);
  const child = spawn('git', command.arguments, {
    cwd: command.directory,
    env: gitEnvironment(outer, command.directory, command.environment),
    stdio: ['pipe', 'pipe', 'pipe'],
    // Its own process group: Ctrl-C in the terminal stops Signalbox, not a commit half-way.
    detached: true,
  });
  const deadlineMs = command.deadlineMs ?? defaultDeadlineMs;
  let cutShort: GitEnd | undefined;
  let killTimer: NodeJS.Timeout | undefined;
  const cut = (end: GitEnd): void => {
    if (cutShort !== undefined) return;
    cutShort = end;
    signalGroup(child, 'SIGTERM');
    killTimer = setTimeout(() => signalGroup(child, 'SIGKILL'), killGraceMs);
  };
  const deadline = setTimeout(() => cut({ type: 'timedOut', afterMs: deadlineMs }), deadlineMs);
  const output: Buffer[] = [];
  const complaint: Buffer[] = [];
  let bytes = 0;
  const collect = (into: Buffer[]) => (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxOutputBytes) cut({ type: 'tooMuchOutput' });
    else into.push(chunk);
  };
  child.stdout.on('data', collect(output));
  child.stderr.on('data', collect(complaint));
  // git may end without reading its input; the exit code tells what that meant.
  child.stdin.on('error', () => undefined);
  child.stdin.end(command.input ?? '');
  try {
    const end = await endOf(child, command);
    return {
      end: cutShort ?? end,
      output: Buffer.concat(output),
      complaint: Buffer.concat(complaint).toString('utf8').trim(),
    };
  } finally {
    clearTimeout(deadline);
    clearTimeout(killTimer);
  }
}

function endOf(child: ChildProcess, command: GitCommand): Promise<GitEnd> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) =>
      reject(
        new SignalboxError('SB_GIT_FAILED', `git could not be started: ${describeError(cause)}`, {
          cause,
          next: `Install git 2.39 or newer and make sure it is on PATH (wanted: git ${command.arguments.join(' ')}).`,
        }),
      ),
    );
    child.once('close', (exitCode, signal) =>
      resolve(
        exitCode === null
          ? { type: 'signalled', signal: signal ?? 'unknown' }
          : { type: 'exited', exitCode },
      ),
    );
  });
}

async function requireDirectory(command: GitCommand): Promise<void> {
  const found = await stat(command.directory).catch((cause: unknown) => {
    throw new SignalboxError(
      'SB_GIT_FAILED',
      `git ${command.arguments[0] ?? ''} cannot run in ${command.directory}: ${describeError(cause)}`,
      { cause, next: 'Check that the folder exists and can be read.' },
    );
  });
  if (!found.isDirectory()) {
    throw new SignalboxError('SB_GIT_FAILED', `${command.directory} is a file, not a folder`, {
      next: 'Give the path of a git repository.',
    });
  }
}

function failureOf(command: GitCommand, { end, complaint }: Capture): SignalboxError {
  const words = redact(complaint).slice(0, maxQuotedLength);
  const line = redact(`git ${command.arguments.join(' ')}`).slice(0, maxQuotedLength);
  return new SignalboxError(
    'SB_GIT_FAILED',
    `${line} ${describeEnd(end)} in ${command.directory}${words === '' ? '' : `: ${words}`}`,
    {
      retryable: end.type === 'signalled' || end.type === 'timedOut' || contention.test(complaint),
      next: `Run it by hand to see more: git -C '${command.directory}' ${command.arguments[0] ?? ''} …`,
    },
  );
}

function describeEnd(end: GitEnd): string {
  switch (end.type) {
    case 'exited':
      return `failed (exit ${end.exitCode})`;
    case 'signalled':
      return `was ended by ${end.signal}`;
    case 'timedOut':
      return `was stopped after ${end.afterMs} ms`;
    case 'tooMuchOutput':
      return `wrote more than ${maxOutputBytes} bytes and was stopped`;
    default:
      return assertNever(end);
  }
}

/** Remotes may carry a user name and a token. */
function redact(text: string): string {
  return text.replace(/(\w:\/\/)[^/@\s]+@/g, '$1***@');
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is already gone; the child's own end is what counts, and it is awaited.
    child.kill(signal);
  }
}
