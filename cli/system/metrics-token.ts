/** The token that opens `/metrics`: made once per home folder, 0600, read by scrapers from there. */
import { readFile, writeFile } from 'node:fs/promises';
import { SignalboxError } from '../../runtime/contract/errors.ts';

const tokenBytes = 32;
const tokenPattern = /^[A-Za-z0-9_-]{43}$/u;

/** Throws `SB_CONFIG_INVALID` when the file holds something else. */
export async function openMetricsToken(
  file: string,
  randomBytes: (size: number) => Uint8Array,
): Promise<string> {
  const made = Buffer.from(randomBytes(tokenBytes)).toString('base64url');
  try {
    await writeFile(file, `${made}\n`, { flag: 'wx', mode: 0o600 });
    return made;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const kept = (await readFile(file, 'utf8')).trim();
  if (tokenPattern.test(kept)) return kept;
  throw new SignalboxError('SB_CONFIG_INVALID', `${file} holds no token`, {
    next: 'Remove it and start again; scrapers then need the new one.',
  });
}
