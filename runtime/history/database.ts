/**
 * The history file: private to its user, in WAL mode (one process writes, others read), of the schema this code knows.
 * A file that is damaged or of another schema is set aside, never deleted: all it holds can be folded again.
 */
import { chmod, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SignalboxError, describeError } from '../contract/errors.ts';
import type { Connection } from './connection.ts';
import { connect, isDamage } from './connection.ts';
import type { HistoryLog } from './notice.ts';
import { schema, schemaVersion } from './schema.ts';

type Inspection =
  | { readonly status: 'usable' }
  | { readonly status: 'empty' }
  | { readonly status: 'broken'; readonly reason: string };

/** The write-ahead log and its index first: left behind alone, they would be taken for a new file's own. */
const companionSuffixes = ['-wal', '-shm', ''] as const;

export interface OpenDatabaseOptions {
  readonly file: string;
  readonly log: HistoryLog;
  readonly now: () => Date;
}

/** Opens for writing; makes the folder, the file and the tables where they are missing. */
export async function openDatabase(options: OpenDatabaseOptions): Promise<Connection> {
  await preparePrivateFile(options.file);
  const first = await connect(options.file);
  const inspection = await inspect(first);
  if (inspection.status !== 'broken') return beginWriting(first, inspection);

  await first.close();
  await setAside(options, inspection.reason);
  await preparePrivateFile(options.file);
  const second = await connect(options.file);
  return beginWriting(second, await inspect(second));
}

/**
 * Opens a file that another process may be writing; changes nothing in it. Errors: `SB_NOT_FOUND` when there is no
 * history yet, `SB_HISTORY_FAILED` when it is damaged or of another schema.
 */
export async function openForReading(file: string): Promise<Connection> {
  await requireFile(file);
  const connection = await connect(file);
  try {
    await connection.execute('PRAGMA query_only = ON');
    const version = await readSchemaVersion(connection);
    if (version === schemaVersion) return connection;
    throw new SignalboxError(
      'SB_HISTORY_FAILED',
      `${file} has schema ${version}; this version of Signalbox reads ${schemaVersion}`,
      { next: 'Run "signalbox history rebuild".' },
    );
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** Deletes a database with its write-ahead log; nothing when there is none. */
export async function removeDatabase(file: string): Promise<void> {
  for (const suffix of companionSuffixes) await rm(`${file}${suffix}`, { force: true });
}

async function preparePrivateFile(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  // SQLite gives its own files the mode of this one, so it must be there, with its mode, before SQLite opens it.
  const handle = await open(file, 'a', 0o600);
  await handle.close();
  await chmod(file, 0o600);
}

async function requireFile(file: string): Promise<void> {
  const found = await stat(file).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found !== undefined) return;
  throw new SignalboxError('SB_NOT_FOUND', `There is no history at ${file}`, {
    next: 'Start Signalbox with this data folder, or check --home.',
  });
}

async function inspect(connection: Connection): Promise<Inspection> {
  try {
    const version = await readSchemaVersion(connection);
    if (version === 0 && (await isEmpty(connection))) return { status: 'empty' };
    if (version !== schemaVersion) {
      return { status: 'broken', reason: `it has schema ${version}, not ${schemaVersion}` };
    }
    // Reads the whole file, once per start, so that damage is not found mid-run.
    const check = await connection.get<{ quick_check: string }>('PRAGMA quick_check(1)');
    if (check?.quick_check === 'ok') return { status: 'usable' };
    return { status: 'broken', reason: check?.quick_check ?? 'its check gave no answer' };
  } catch (error) {
    if (isDamage(error)) return { status: 'broken', reason: describeError(error) };
    await connection.close();
    throw error;
  }
}

async function beginWriting(connection: Connection, inspection: Inspection): Promise<Connection> {
  try {
    await connection.execute('PRAGMA journal_mode = WAL');
    // A power cut may lose the last batches but never half of one; the projector folds them again.
    await connection.execute('PRAGMA synchronous = NORMAL');
    if (inspection.status === 'empty') {
      await connection.transaction(() => connection.execute(schema));
    }
    return connection;
  } catch (error) {
    await connection.close();
    throw error;
  }
}

async function setAside(options: OpenDatabaseOptions, reason: string): Promise<void> {
  const movedTo = `${options.file}.broken-${stamp(options.now())}`;
  await renameDatabase(options.file, movedTo);
  options.log({
    type: 'setAside',
    message: `History at ${options.file} cannot be used (${reason}). It was kept as ${movedTo}; a new one is folded from the event stream.`,
    file: options.file,
    movedTo,
  });
}

/** Where what a history file held is kept when the file is folded again. */
export function nameAside(file: string, now: Date): string {
  return `${file}.before-${stamp(now)}`;
}

function stamp(time: Date): string {
  return time.toISOString().replace(/[:.]/g, '-');
}

/** Renames a history that another one is to take the place of; undefined when there is none. */
export async function moveAside(file: string, now: Date): Promise<string | undefined> {
  const movedTo = nameAside(file, now);
  return (await renameDatabase(file, movedTo)) ? movedTo : undefined;
}

/** Whether there was one. */
async function renameDatabase(file: string, movedTo: string): Promise<boolean> {
  let found = false;
  for (const suffix of companionSuffixes) {
    try {
      await rename(`${file}${suffix}`, `${movedTo}${suffix}`);
      found = true;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
  return found;
}

async function readSchemaVersion(connection: Connection): Promise<number> {
  const row = await connection.get<{ user_version: number }>('PRAGMA user_version');
  return row?.user_version ?? 0;
}

async function isEmpty(connection: Connection): Promise<boolean> {
  const row = await connection.get<{ count: number }>(
    'SELECT count(*) AS count FROM sqlite_schema',
  );
  return row?.count === 0;
}
