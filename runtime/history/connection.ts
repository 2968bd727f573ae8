/**
 * One SQLite connection with promises, transactions that take turns, and SQLite's errors parsed into ours.
 * Which file it is and what is in it belongs to database.ts.
 */
import sqlite3 from 'sqlite3';
import { SignalboxError, describeError } from '../contract/errors.ts';

export type SqlParameter = string | number | null;

export interface Connection {
  readonly file: string;
  run(sql: string, parameters?: readonly SqlParameter[]): Promise<void>;
  /** The rows as the statement names them; `Row` is the caller's word, nothing is checked. */
  all<Row>(sql: string, parameters?: readonly SqlParameter[]): Promise<readonly Row[]>;
  get<Row>(sql: string, parameters?: readonly SqlParameter[]): Promise<Row | undefined>;
  /** Several statements, separated by semicolons. */
  execute(sql: string): Promise<void>;
  /** Runs `work` when every earlier one has ended: statements of two units of work never mix. */
  exclusively<Result>(work: () => Promise<Result>): Promise<Result>;
  /** `exclusively`, between BEGIN IMMEDIATE and COMMIT; rolled back when `work` throws. */
  transaction<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Waits for the work under way. Idempotent. */
  close(): Promise<void>;
}

/** How long a statement waits for another process's write lock; a fold batch takes milliseconds. */
const busyTimeoutMs = 5_000;

/** Opens the file, which must exist. Errors: `SB_HISTORY_FAILED`, `SB_STORAGE_FULL`, from here on. */
export async function connect(file: string): Promise<Connection> {
  const database = await new Promise<sqlite3.Database>((resolve, reject) => {
    const opening = new sqlite3.Database(file, sqlite3.OPEN_READWRITE, (error) => {
      if (error === null) resolve(opening);
      else reject(parseSqliteError(error, file));
    });
  });
  database.configure('busyTimeout', busyTimeoutMs);
  return createConnection(database, file);
}

function createConnection(database: sqlite3.Database, file: string): Connection {
  let lastWork: Promise<unknown> = Promise.resolve();
  let closing: Promise<void> | undefined;

  /** Adapts one callback call; `null` is SQLite's way to say that nothing went wrong. */
  const call = <Result>(
    start: (done: (error: Error | null, result: Result) => void) => void,
  ): Promise<Result> =>
    new Promise((resolve, reject) => {
      start((error, result) => {
        if (error === null) resolve(result);
        else reject(parseSqliteError(error, file));
      });
    });

  const connection: Connection = {
    file,
    run: (sql, parameters = []) =>
      call<void>((done) => database.run(sql, parameters, (error) => done(error, undefined))),
    all: <Row>(sql: string, parameters: readonly SqlParameter[] = []) =>
      call<readonly Row[]>((done) => database.all<Row>(sql, parameters, done)),
    get: <Row>(sql: string, parameters: readonly SqlParameter[] = []) =>
      call<Row | undefined>((done) => database.get<Row | undefined>(sql, parameters, done)),
    execute: (sql) => call<void>((done) => database.exec(sql, (error) => done(error, undefined))),
    exclusively: (work) => {
      const result = lastWork.then(work);
      // The caller gets the failure; the next in turn only waits for the end.
      lastWork = result.catch(() => undefined);
      return result;
    },
    transaction: (work) => connection.exclusively(() => runTransaction(connection, work)),
    close: () => {
      closing ??= connection.exclusively(() =>
        call<void>((done) => database.close((error) => done(error, undefined))),
      );
      return closing;
    },
  };
  return connection;
}

/** For work that already runs exclusively. */
export async function runTransaction<Result>(
  connection: Connection,
  work: () => Promise<Result>,
): Promise<Result> {
  await connection.run('BEGIN IMMEDIATE');
  try {
    const result = await work();
    await connection.run('COMMIT');
    return result;
  } catch (error) {
    // SQLite rolls back by itself when the disk is full, and then refuses this; the first error is the one that counts,
    // and a transaction that really stayed open makes the next BEGIN fail.
    await connection.run('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

function parseSqliteError(error: Error, file: string): SignalboxError {
  const code = sqliteCode(error);
  if (code === 'SQLITE_FULL') {
    return new SignalboxError('SB_STORAGE_FULL', `The disk is full: history cannot write ${file}`, {
      cause: error,
      retryable: true,
      next: 'Free some space; history goes on by itself.',
    });
  }
  return new SignalboxError(
    'SB_HISTORY_FAILED',
    `History cannot use ${file}: ${describeError(error)}`,
    {
      cause: error,
      retryable: code === 'SQLITE_BUSY' || code === 'SQLITE_LOCKED',
      next: 'Run "signalbox history rebuild".',
    },
  );
}

/** Whether an error of this module means that the file's content is damaged, not that it cannot be reached. */
export function isDamage(error: unknown): boolean {
  const code = error instanceof SignalboxError ? sqliteCode(error.cause) : undefined;
  return code === 'SQLITE_CORRUPT' || code === 'SQLITE_NOTADB';
}

function sqliteCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
