/** The system's log: one line per fact, to a file always and to a terminal when asked. Facts hold no secrets. */
import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { describeError } from '../../runtime/contract/errors.ts';

export interface SystemLog {
  info(message: string, facts?: Readonly<Record<string, unknown>>): void;
  warn(message: string, facts?: Readonly<Record<string, unknown>>): void;
  error(message: string, facts?: Readonly<Record<string, unknown>>): void;
  /** What a person who waits should see, verbose or not. */
  progress(message: string): void;
}

type Level = 'info' | 'warn' | 'error';

/** `show` gets a readable line; it is called for progress, warnings and errors, and for the rest when `verbose`. */
export function openLog(options: {
  readonly file: string;
  readonly verbose: boolean;
  readonly now: () => Date;
  readonly show: (line: string) => void;
}): SystemLog {
  mkdirSync(dirname(options.file), { recursive: true, mode: 0o700 });
  let isLosing = false;
  /** What is logged has happened: that it cannot be written down must not undo it. */
  const append = (line: string): void => {
    try {
      appendFileSync(options.file, line, { mode: 0o600 });
      isLosing = false;
    } catch (error) {
      if (!isLosing)
        options.show(`the log ${options.file} cannot be written: ${describeError(error)}`);
      isLosing = true;
    }
  };
  const write = (
    level: Level,
    message: string,
    facts: Readonly<Record<string, unknown>> = {},
  ): void => {
    const at = options.now().toISOString();
    append(`${JSON.stringify({ at, level, message, ...facts })}\n`);
    if (options.verbose || level !== 'info')
      options.show(`${at.slice(11, 19)} ${level} ${message}${formatFacts(facts)}`);
  };
  return {
    info: (message, facts) => {
      write('info', message, facts);
    },
    warn: (message, facts) => {
      write('warn', message, facts);
    },
    error: (message, facts) => {
      write('error', message, facts);
    },
    progress: (message) => {
      write('info', message);
      if (!options.verbose) options.show(message);
    },
  };
}

function formatFacts(facts: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(facts).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return parts.length === 0 ? '' : `  ${parts.join(' ')}`;
}
