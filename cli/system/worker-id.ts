/**
 * The worker id of an installation: kept in the home folder, whose lock proves that no other process has it. What a
 * killed process has held is taken over at once under the same id, instead of when its entry has ended.
 */
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';

const workerIdSchema = z.uuid();

export async function openWorkerId(file: string): Promise<string> {
  // Missing or damaged: a new one costs a few seconds, once.
  const text = await readFile(file, 'utf8').catch(() => '');
  const known = workerIdSchema.safeParse(text.trim());
  if (known.success) return known.data;
  const made = randomUUID();
  await writeFile(file, `${made}\n`, { mode: 0o600 });
  return made;
}
