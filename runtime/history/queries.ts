/** The questions history answers, over any connection. Every one is an index scan in the order it answers in. */
import type { ActorAddress } from '../contract/address.ts';
import { SignalboxError } from '../contract/errors.ts';
import { unpackEvents, type StoredEvent, type StoredEventMessage } from '../contract/event.ts';
import type { ActorSummary } from '../contract/run-view.ts';
import type { EventQuery, HistoryReader } from '../core/ports.ts';
import type { Connection, SqlParameter } from './connection.ts';

/** The largest page: it is held in memory as a whole. */
export const maxPageSize = 10_000;

/** Positions that could not be folded: `from` to `to`, both included. */
export interface HistoryHole {
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

export interface HistoryCounts {
  readonly events: number;
  readonly actors: number;
  /** Messages that did not parse and those the stream no longer held, as ranges. */
  readonly holes: number;
}

export interface HistoryQueries extends HistoryReader {
  /** Oldest first. */
  listHoles(): Promise<readonly HistoryHole[]>;
  count(): Promise<HistoryCounts>;
}

export function createQueries(connection: Connection): HistoryQueries {
  const listSummaries = async (sql: string, parameters: readonly SqlParameter[]) => {
    const rows = await connection.all<{ summary: string }>(sql, parameters);
    return rows.map((row) => parseSummary(row.summary));
  };
  return {
    throughSeq: () => readPosition(connection),
    listActors: async ({ kind, limit }) =>
      kind === undefined
        ? listSummaries('SELECT summary FROM actors ORDER BY first_seq DESC LIMIT ?', [
            checkLimit(limit),
          ])
        : listSummaries(
            'SELECT summary FROM actors WHERE kind = ? ORDER BY first_seq DESC LIMIT ?',
            [kind, checkLimit(limit)],
          ),
    listTree: (id) =>
      // Ids are compared byte by byte, and ";" is the character after ":".
      listSummaries(
        'SELECT summary FROM actors WHERE id = ? OR (id >= ? AND id < ?) ORDER BY first_seq',
        [id, `${id}::`, `${id}:;`],
      ),
    getActor: async ({ kind, id }) => {
      const sql = 'SELECT summary FROM actors WHERE kind = ? AND id = ?';
      return (await listSummaries(sql, [kind, id]))[0];
    },
    listEvents: (query) => listEvents(connection, query),
    listHoles: () =>
      connection.all<HistoryHole>(
        'SELECT from_seq AS "from", to_seq AS "to", reason FROM holes ORDER BY from_seq',
      ),
    count: () => countRows(connection),
  };
}

export async function readPosition(connection: Connection): Promise<number> {
  const row = await connection.get<{ through_seq: number }>('SELECT through_seq FROM position');
  return row?.through_seq ?? 0;
}

/** Rows are written by this package only, from values that were parsed before: they are not validated again. */
export function parseSummary(text: string): ActorSummary {
  return JSON.parse(text) as ActorSummary;
}

async function listEvents(
  connection: Connection,
  query: EventQuery,
): Promise<readonly StoredEvent[]> {
  const limit = checkLimit(query.limit);
  const { actor, tree, after } = query;
  if (actor !== undefined && tree !== undefined && !isInTree(actor, tree)) return [];
  const [sql, parameters] = selectMessages(actor, tree);
  const rows = await connection.all<{ body: string }>(sql, [...parameters, after, limit]);
  return rows.flatMap((row) => unpackEvents(JSON.parse(row.body) as StoredEventMessage));
}

function selectMessages(
  actor: ActorAddress | undefined,
  tree: string | undefined,
): readonly [string, readonly string[]] {
  if (actor !== undefined) {
    return [
      'SELECT body FROM messages WHERE kind = ? AND actor = ? AND seq > ? ORDER BY seq LIMIT ?',
      [actor.kind, actor.id],
    ];
  }
  if (tree !== undefined) {
    return [
      `SELECT m.body AS body FROM message_trees t CROSS JOIN messages m ON m.seq = t.seq
       WHERE t.tree = ? AND t.seq > ? ORDER BY t.seq LIMIT ?`,
      [tree],
    ];
  }
  return ['SELECT body FROM messages WHERE seq > ? ORDER BY seq LIMIT ?', []];
}

function isInTree(actor: ActorAddress, tree: string): boolean {
  return actor.id === tree || actor.id.startsWith(`${tree}::`);
}

async function countRows(connection: Connection): Promise<HistoryCounts> {
  const row = await connection.get<HistoryCounts>(
    `SELECT (SELECT coalesce(sum(event_count), 0) FROM messages) AS events, (SELECT count(*) FROM actors) AS actors,
            (SELECT count(*) FROM holes) AS holes`,
  );
  return row ?? { events: 0, actors: 0, holes: 0 };
}

function checkLimit(limit: number): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= maxPageSize) return limit;
  throw new SignalboxError('SB_INPUT_INVALID', `${limit} is not a page size`, {
    next: `Ask for 1 to ${maxPageSize} at a time.`,
  });
}
