/**
 * The file a live run is recorded into. Each change reads the file, and replaces it whole: written
 * beside it, synced and renamed, so that a crash leaves the old recording or the new one. Changes
 * within this process are made one after another.
 */
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseRecording, printRecording } from './recording-text.ts';
import type { Recording } from './recording.schema.ts';

export interface RecordingSink {
  /** For messages: the path. */
  readonly name: string;
  /** Replaces the recording; returning the same object changes nothing. What `change` throws is passed on. */
  update(change: (current: Recording | undefined) => Recording): Promise<void>;
}

export function createRecordingFile(path: string): RecordingSink {
  let last: Promise<void> = Promise.resolve();
  return {
    name: path,
    update(change) {
      const current = last.then(() => replaceRecording(path, change));
      // The next change waits for this one, whether it succeeded or not; its caller sees the failure.
      last = current.catch(() => undefined);
      return current;
    },
  };
}

async function replaceRecording(
  path: string,
  change: (current: Recording | undefined) => Recording,
): Promise<void> {
  const before = await readRecording(path);
  const after = change(before);
  if (after !== before) await writeWhole(path, printRecording(after));
}

async function readRecording(path: string): Promise<Recording | undefined> {
  try {
    return parseRecording(await readFile(path, 'utf8'), path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function writeWhole(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  const file = await open(temporary, 'w');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}
