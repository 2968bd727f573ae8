/** The `signalbox` command: reads the command line, runs one command, ends with its exit code. */
import { CommanderError } from 'commander';
import { describeError, SignalboxError } from '../runtime/contract/errors.ts';
import { exitCodeOf, exitCodes, type ExitCode } from './exit-codes.ts';
import { createProgram } from './program.ts';
import { packageVersion } from './system/package-root.ts';

const json = process.argv.includes('--json');

function printJsonError(code: string, message: string, next: string | undefined): void {
  if (json)
    process.stdout.write(`${JSON.stringify({ error: { code, message, next: next ?? null } })}\n`);
}

function report(error: unknown): ExitCode {
  if (error instanceof CommanderError) {
    // Commander has printed it as text; help and version end this way too, with code 0.
    if (error.exitCode === 0) return exitCodes.success;
    printJsonError('SB_INPUT_INVALID', error.message, 'Try `signalbox --help`.');
    return exitCodes.usage;
  }
  if (!(error instanceof SignalboxError)) {
    const text = error instanceof Error ? (error.stack ?? error.message) : describeError(error);
    printJsonError('SB_INTERNAL', describeError(error), undefined);
    process.stderr.write(`signalbox: this should not have happened: ${text}\n`);
    return exitCodes.internal;
  }
  const { code, message, next } = error;
  printJsonError(code, message, next);
  process.stderr.write(`signalbox: ${message}${next === undefined ? '' : `\n  ${next}`}\n`);
  return exitCodeOf(code);
}

// A reader that has seen enough (`… | head`) is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? exitCodes.success : exitCodes.internal);
});

let exitCode: ExitCode = exitCodes.success;
const program = createProgram(process.env, packageVersion, (code) => {
  exitCode = code;
});
try {
  await program.parseAsync(process.argv);
} catch (error) {
  exitCode = report(error);
}
process.exitCode = exitCode;
