/**
 * Owns the life of one child process from start to the last byte of its output: deadline, cancellation, and the case
 * of a descendant that has left the process group and keeps the pipes open. That a child dies with us, and its group
 * with it, is runtime/processes/guarded-child.ts.
 */
import type { Readable } from 'node:stream';
import type { CommandEnd } from '../../actors/ports/workspace.ts';
import { SignalboxError } from '../../runtime/contract/errors.ts';
import { spawnGuarded } from '../../runtime/processes/guarded-child.ts';
import type { GuardedChild } from '../../runtime/processes/guarded-child.ts';

/** Enough for a test runner to remove its files after SIGTERM; then SIGKILL. */
const killGraceMs = 2000;

/** Longer than it takes to read what a pipe can hold. Only a process outside the group can keep it open after that. */
const drainGraceMs = 1000;

export interface ProcessRequest {
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onStdout: (chunk: Uint8Array) => void;
  readonly onStderr: (chunk: Uint8Array) => void;
  /** Told when output was cut off because a process outside the group kept a pipe open. */
  readonly onPipeHeld: () => void;
}

/** Resolves when the process has ended and its output is read. Aborting rejects with `SB_EFFECT_CANCELLED`. */
export async function superviseProcess(request: ProcessRequest): Promise<CommandEnd> {
  refuseAborted(request.signal);
  const child = await spawnGuarded({
    command: request.command,
    cwd: request.cwd,
    env: request.env,
    graceMs: killGraceMs,
    onDeath: 'kill',
  });
  const drained = Promise.all([
    readToEnd(child.stdout, request.onStdout),
    readToEnd(child.stderr, request.onStderr),
  ]);
  // Waited for below; until then a failure must not count as unhandled.
  drained.catch(() => undefined);
  const end = await awaitEnd(child, request);
  await awaitOutput(child, drained, request.onPipeHeld);
  refuseAborted(request.signal);
  return end;
}

function refuseAborted(signal: AbortSignal): void {
  if (signal.aborted) {
    throw new SignalboxError('SB_EFFECT_CANCELLED', 'the command was cancelled and ended', {
      cause: signal.reason,
    });
  }
}

/** Ends with the process, however it comes to its end. */
function awaitEnd(child: GuardedChild, request: ProcessRequest): Promise<CommandEnd> {
  return new Promise((resolve, reject) => {
    let timedOut = false;
    const kill = (): void => {
      child.kill().catch(reject);
    };
    const deadline = setTimeout(() => {
      timedOut = true;
      kill();
    }, request.timeoutMs);
    request.signal.addEventListener('abort', kill, { once: true });
    // It may have been aborted while the child was being started.
    if (request.signal.aborted) kill();
    child.exited
      .then((exit) => resolve(timedOut ? { type: 'timedOut', afterMs: request.timeoutMs } : exit))
      .catch(reject)
      .finally(() => {
        clearTimeout(deadline);
        request.signal.removeEventListener('abort', kill);
      });
  });
}

async function awaitOutput(
  child: GuardedChild,
  drained: Promise<unknown>,
  onPipeHeld: () => void,
): Promise<void> {
  const grace = setTimeout(() => {
    onPipeHeld();
    child.stdout.destroy();
    child.stderr.destroy();
  }, drainGraceMs);
  try {
    await drained;
  } finally {
    clearTimeout(grace);
  }
}

/** Resolves when the stream is closed, by its other end or by us. */
function readToEnd(stream: Readable, onChunk: (chunk: Uint8Array) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.on('data', onChunk);
    stream.once('error', reject);
    stream.once('close', resolve);
  });
}
