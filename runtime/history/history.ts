/**
 * The read model: what happened, queryable. Owns the history file; its content comes from EVENTS alone and can be
 * folded again at any time (rebuild.ts). Reading the stream is the projector's business.
 */
import { chmod } from 'node:fs/promises';
import type { Connection } from './connection.ts';
import { runTransaction } from './connection.ts';
import { applyItems, skipPosition } from './apply.ts';
import { nameAside, openDatabase, openForReading } from './database.ts';
import type { HistoryLog } from './notice.ts';
import type { HistoryQueries } from './queries.ts';
import { createQueries } from './queries.ts';
import { tables } from './schema.ts';
import type { StreamItem } from '../core/event-source.ts';
import { isUnreadable } from '../core/event-source.ts';

export interface History extends HistoryQueries {
  readonly file: string;
  /**
   * Folds items in one transaction, each exactly once: what is at or before `throughSeq()` is skipped.
   * Throws `SB_HISTORY_GAP`, with nothing changed, when a position is missing in between.
   */
  apply(items: readonly StreamItem[]): Promise<void>;
  /** Moves the position to `seq`: what lies before is no longer in the stream. */
  skipTo(seq: number): Promise<void>;
  /** Forgets everything, in one transaction. */
  reset(): Promise<void>;
  /** Writes all it holds beside itself, under a name of its own, and returns that. */
  keepCopy(): Promise<string>;
  /** Takes over the content of another history file, in one transaction; readers see the old or the new. */
  replaceWith(file: string): Promise<void>;
  /** Waits for the work under way. Idempotent. */
  close(): Promise<void>;
}

export interface OpenHistoryOptions {
  readonly file: string;
  readonly log: HistoryLog;
  /** Names a file that is set aside. */
  readonly now?: () => Date;
}

/** Opens history for the one process that writes it. */
export async function openHistory(options: OpenHistoryOptions): Promise<History> {
  const { file, log, now = () => new Date() } = options;
  const writer = await openDatabase({ file, log, now });
  const reader = await openBeside(writer);
  return {
    file,
    // A connection of its own: on the writer's, a query would see the half of a batch that is under way.
    ...createQueries(reader),
    apply: async (items) => {
      const fresh = await writer.transaction(() => applyItems(writer, items));
      for (const item of fresh.filter(isUnreadable)) {
        const message = `Message ${item.seq} of the event stream cannot be read and is left out of history: ${item.unreadable}`;
        log({ type: 'hole', message, from: item.seq, to: item.seq });
      }
    },
    skipTo: async (seq) => {
      const skipped = await writer.transaction(() => skipPosition(writer, seq));
      if (skipped === undefined) return;
      const message = `Messages ${skipped.from} to ${seq} are no longer in the event stream; history goes on behind them.`;
      log({ type: 'hole', message, from: skipped.from, to: seq });
    },
    reset: () => writer.transaction(() => emptyTables(writer)),
    keepCopy: async () => {
      const copy = nameAside(file, now());
      await writer.exclusively(() => copyTo(writer, copy));
      return copy;
    },
    replaceWith: (other) => writer.exclusively(() => copyTables(writer, other)),
    close: async () => {
      await reader.close();
      await writer.close();
    },
  };
}

export interface OpenHistoryReader extends HistoryQueries {
  /** Writes all it holds into a file that must not exist: of one moment, also while it is being written. */
  copyTo(file: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens history beside the process that writes it. Errors: `SB_NOT_FOUND` when there is none yet,
 * `SB_HISTORY_FAILED` when it cannot be read.
 */
export async function openHistoryReader(options: {
  readonly file: string;
}): Promise<OpenHistoryReader> {
  const connection = await openForReading(options.file);
  return {
    ...createQueries(connection),
    copyTo: (file) =>
      connection.exclusively(async () => {
        // SQLite takes a copy into another file for a write.
        await connection.execute('PRAGMA query_only = OFF');
        try {
          await copyTo(connection, file);
        } finally {
          await connection.execute('PRAGMA query_only = ON');
        }
      }),
    close: () => connection.close(),
  };
}

async function openBeside(writer: Connection): Promise<Connection> {
  try {
    return await openForReading(writer.file);
  } catch (error) {
    await writer.close();
    throw error;
  }
}

async function emptyTables(connection: Connection): Promise<void> {
  for (const table of tables) await connection.run(`DELETE FROM ${table}`);
  await connection.run('INSERT INTO position VALUES (1, 0)');
}

async function copyTo(connection: Connection, file: string): Promise<void> {
  await connection.run('VACUUM INTO ?', [file]);
  await chmod(file, 0o600);
}

/**
 * Copies rows instead of renaming the file: a rename under processes that have the file open would pair the new file
 * with the old one's write-ahead log.
 */
async function copyTables(connection: Connection, other: string): Promise<void> {
  await connection.run('ATTACH DATABASE ? AS rebuilt', [other]);
  try {
    await runTransaction(connection, async () => {
      for (const table of tables) {
        await connection.run(`DELETE FROM main.${table}`);
        await connection.run(`INSERT INTO main.${table} SELECT * FROM rebuilt.${table}`);
      }
    });
  } finally {
    await connection.run('DETACH DATABASE rebuilt');
  }
}
