/**
 * The log's file: every line appended and gone, none held back. What is logged has happened: that it cannot be written
 * down must not undo it, nor cost memory until it can (docs/adr/0036).
 */
import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { describeError } from '../../runtime/contract/errors.ts';

/** Then the file becomes `.1`, the one before `.2`, and so on. */
const defaultMaxBytes = 16 * 1024 * 1024;
/** Older files; with the current one the log takes 64 MiB at most. */
const olderFiles = 3;

export interface LogFile {
  /** One line with its end. Never throws. */
  write(line: string): void;
}

export function openLogFile(options: {
  readonly file: string;
  readonly maxBytes?: number;
  /** Told once when lines begin to be lost, not for every line. */
  readonly losing: (message: string) => void;
}): LogFile {
  const { file, maxBytes = defaultMaxBytes } = options;
  let isLosing = false;
  let room = 0;

  /** Other processes write to the same file: its size is looked at again after every share of the room. */
  const makeRoom = (): void => {
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (size >= maxBytes) {
      for (let number = olderFiles - 1; number >= 1; number -= 1) {
        if (statSync(`${file}.${number}`, { throwIfNoEntry: false }) !== undefined)
          renameSync(`${file}.${number}`, `${file}.${number + 1}`);
      }
      renameSync(file, `${file}.1`);
    }
    room = Math.max(1, Math.ceil((size >= maxBytes ? maxBytes : maxBytes - size) / 8));
  };

  return {
    write: (line) => {
      try {
        mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
        if (room <= 0) makeRoom();
        appendFileSync(file, line, { mode: 0o600 });
        room -= Buffer.byteLength(line);
        isLosing = false;
      } catch (error) {
        if (!isLosing) options.losing(`the log ${file} cannot be written: ${describeError(error)}`);
        isLosing = true;
      }
    },
  };
}
