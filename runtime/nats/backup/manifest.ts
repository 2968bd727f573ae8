/** What a backup says of itself: a folder with one file per stream and `manifest.json`, which is written last. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { namespaceSchema } from '../../contract/address.ts';
import { SignalboxError, describeError } from '../../contract/errors.ts';
import { snapshotHeadSchema } from './stream-snapshot.ts';

const fileSchema = z.object({
  /** Inside the folder of the backup. */
  file: z.string().regex(/^[A-Za-z0-9_-]+\.(?:snapshot|sqlite)$/u),
  bytes: z.number().int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/u),
});
export type BackupFile = z.infer<typeof fileSchema>;

const manifestSchema = z.object({
  format: z.literal(1),
  /** Of the instant that is restored. */
  takenAt: z.iso.datetime(),
  /** Of the program that took it. */
  version: z.string(),
  namespace: namespaceSchema,
  partitionCount: z.number().int().positive(),
  streams: z.array(fileSchema.extend({ head: snapshotHeadSchema })),
  /** The read model at about the same time. */
  history: fileSchema.optional(),
});
export type Manifest = z.infer<typeof manifestSchema>;

const fileName = 'manifest.json';

export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const sha256 = hashText(JSON.stringify(manifest));
  const text = `${JSON.stringify({ manifest, sha256 }, undefined, 2)}\n`;
  await writeFile(join(folder, fileName), text, { mode: 0o600, flush: true });
}

/** Reads the manifest and every file it names. Throws `SB_BACKUP_INVALID` when anything is not as it was written. */
export async function verifyBackup(folder: string): Promise<Manifest> {
  const manifest = await readManifest(folder);
  for (const listed of [...manifest.streams, manifest.history ?? []].flat()) {
    const found = await hashFile(folder, listed.file);
    if (found.sha256 !== listed.sha256 || found.bytes !== listed.bytes) {
      throw invalid(folder, `${listed.file} is not as it was written`);
    }
  }
  return manifest;
}

/** Throws `SB_BACKUP_INVALID` when the file cannot be read. */
export async function hashFile(folder: string, file: string): Promise<BackupFile> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(join(folder, file)) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      bytes += chunk.length;
    }
  } catch (error) {
    throw invalid(folder, `${file} cannot be read (${describeError(error)})`, error);
  }
  return { file, bytes, sha256: hash.digest('hex') };
}

async function readManifest(folder: string): Promise<Manifest> {
  let text: string;
  try {
    text = await readFile(join(folder, fileName), 'utf8');
  } catch (error) {
    throw invalid(folder, `its ${fileName} cannot be read (${describeError(error)})`, error);
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw invalid(folder, `its ${fileName} is damaged`, error);
  }
  const parsed = z.object({ manifest: manifestSchema, sha256: z.string() }).safeParse(content);
  if (!parsed.success) throw invalid(folder, `its ${fileName} is damaged, or of another format`);
  const { manifest, sha256 } = parsed.data;
  if (sha256 !== hashText(JSON.stringify(manifest)))
    throw invalid(folder, `its ${fileName} is not as it was written`);
  return manifest;
}

function hashText(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function invalid(folder: string, reason: string, cause?: unknown): SignalboxError {
  return new SignalboxError('SB_BACKUP_INVALID', `${folder} is no backup to restore: ${reason}`, {
    cause,
    next: 'Nothing was changed. Use another backup.',
  });
}
