/** Owns one shell command in a worktree: which shell, with which environment, and what is kept of its output. */
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { CommandRequest, CommandResult } from '../../actors/ports/workspace.ts';
import { SignalboxError } from '../../runtime/contract/errors.ts';
import { fileSystemCode } from './file-system-errors.ts';
import { captureOutput } from './output-capture.ts';
import { resolveRoot } from './path-confinement.ts';
import { superviseProcess } from './supervised-process.ts';

/** Linux refuses a single argument over 128 KiB. */
const maxCommandBytes = 120 * 1024;

export interface CommandSurroundings {
  readonly environment: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
}

export async function runShellCommand(
  request: CommandRequest,
  surroundings: CommandSurroundings,
  signal: AbortSignal,
): Promise<CommandResult> {
  refuseUnrunnable(request.command);
  const cwd = await resolveRoot(request.root);
  const shell = await findShell(surroundings.environment['PATH'] ?? '');
  const stdout = captureOutput(request.maxCapturedBytes);
  const stderr = captureOutput(request.maxCapturedBytes);
  const startedAt = performance.now();
  const end = await superviseProcess({
    command: [shell, '-c', request.command],
    cwd,
    env: surroundings.environment,
    timeoutMs: request.timeoutMs,
    signal,
    onStdout: (chunk) => stdout.add(chunk),
    onStderr: (chunk) => stderr.add(chunk),
    onPipeHeld: () =>
      surroundings.log(
        `a process that a command in ${cwd} has detached keeps its output open; it is not read any longer`,
      ),
  });
  const durationMs = performance.now() - startedAt;
  return { end, stdout: stdout.finish(), stderr: stderr.finish(), durationMs };
}

function refuseUnrunnable(command: string): void {
  const problem = command.includes('\0')
    ? 'holds a NUL character'
    : Buffer.byteLength(command) > maxCommandBytes
      ? `is longer than ${maxCommandBytes} bytes`
      : undefined;
  if (problem === undefined) return;
  throw new SignalboxError('SB_TOOL_FAILED', `the command ${problem}`, {
    next: 'Write a script with the write tool and run that.',
  });
}

/** bash where PATH has one, else the system's own shell. */
async function findShell(path: string): Promise<string> {
  for (const folder of path.split(delimiter).filter((name) => name !== '')) {
    const candidate = join(folder, 'bash');
    try {
      await access(candidate, constants.X_OK);
      return candidate;
    } catch (error) {
      if (fileSystemCode(error) === undefined) throw error;
    }
  }
  return '/bin/sh';
}
