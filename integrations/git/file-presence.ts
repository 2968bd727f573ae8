/** Tells "it is not there" apart from every other reason a file cannot be read. */
import { readFile, readdir, realpath, stat } from 'node:fs/promises';
import type { Stats } from 'node:fs';

/** ESRCH is what /proc says of a process that ends while it is being read. */
const absenceCodes = new Set(['ENOENT', 'ENOTDIR', 'ESRCH']);

export function isAbsent(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    absenceCodes.has(error.code)
  );
}

export function statIfPresent(path: string): Promise<Stats | undefined> {
  return ifPresent(stat(path));
}

export function readTextIfPresent(path: string): Promise<string | undefined> {
  return ifPresent(readFile(path, 'utf8'));
}

export function listIfPresent(path: string): Promise<readonly string[] | undefined> {
  return ifPresent(readdir(path));
}

export function realPathIfPresent(path: string): Promise<string | undefined> {
  return ifPresent(realpath(path));
}

async function ifPresent<Value>(reading: Promise<Value>): Promise<Value | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}
