/** Reads a recording from a file. */
import { readFile } from 'node:fs/promises';
import { SignalboxError, describeError } from '../../../runtime/contract/errors.ts';
import { parseRecording } from './recording-text.ts';
import type { Recording } from './recording.schema.ts';

/** Throws `SB_RECORDING_INVALID` with the path, where in the file, and what to do. */
export async function loadRecording(path: string): Promise<Recording> {
  return parseRecording(await readText(path), path);
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new SignalboxError(
      'SB_RECORDING_INVALID',
      `the recording ${path} cannot be read: ${describeError(error)}`,
      { cause: error, next: 'Give the path of a recording file that exists and can be read.' },
    );
  }
}
