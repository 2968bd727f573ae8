/** Writes a batch of stream items into the tables. Runs inside the caller's transaction, so that rows and position commit together. */
import { SignalboxError } from '../contract/errors.ts';
import { unpackEvents, type StoredEventMessage } from '../contract/event.ts';
import type { ActorSummary } from '../contract/run-view.ts';
import type { Connection } from './connection.ts';
import { foldEvent } from '../contract/actor-fold.ts';
import { parseSummary, readPosition } from './queries.ts';
import type { StreamItem, UnreadableEvent } from '../core/event-source.ts';
import { isUnreadable } from '../core/event-source.ts';

/** Rows per statement: one trip to SQLite's thread for many rows, and a parameter of bounded size. */
const rowsPerStatement = 500;

interface FoldedActor {
  readonly firstSeq: number;
  readonly summary: ActorSummary;
}

/**
 * Items at or before the position are known and skipped. Returns what was new.
 * Throws `SB_HISTORY_GAP` when the rest does not begin at the next position, or has a hole.
 */
export async function applyItems(
  connection: Connection,
  items: readonly StreamItem[],
): Promise<readonly StreamItem[]> {
  const position = await readPosition(connection);
  const fresh = items.filter((item) => item.seq > position);
  requireContiguous(fresh, position);
  const last = fresh.at(-1);
  if (last === undefined) return [];

  const messages = fresh.filter((item): item is StoredEventMessage => !isUnreadable(item));
  await insertMessages(connection, messages);
  await foldActors(connection, messages);
  await insertHoles(connection, fresh.filter(isUnreadable));
  await writePosition(connection, last.seq);
  return fresh;
}

/** Declares that the stream no longer holds what lies before `seq + 1`. Nothing when history is already that far. */
export async function skipPosition(
  connection: Connection,
  seq: number,
): Promise<{ readonly from: number } | undefined> {
  const from = (await readPosition(connection)) + 1;
  if (seq < from) return undefined;
  await connection.run('INSERT INTO holes VALUES (?, ?, ?)', [
    from,
    seq,
    'no longer in the stream',
  ]);
  await writePosition(connection, seq);
  return { from };
}

function requireContiguous(items: readonly StreamItem[], position: number): void {
  items.forEach((item, index) => {
    const expected = position + 1 + index;
    if (item.seq === expected) return;
    throw new SignalboxError(
      'SB_HISTORY_GAP',
      `History expected message ${expected} and was given ${item.seq}`,
      { next: 'Run "signalbox history rebuild" if this goes on.' },
    );
  });
}

async function insertMessages(
  connection: Connection,
  messages: readonly StoredEventMessage[],
): Promise<void> {
  await insertRows(
    connection,
    `INSERT INTO messages (seq, kind, actor, event_count, body)
     SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?)`,
    messages.map((message) => [
      message.seq,
      message.kind,
      message.actor,
      message.events.length,
      JSON.stringify(message),
    ]),
  );
  await insertRows(
    connection,
    'INSERT INTO message_trees (tree, seq) SELECT value ->> 0, value ->> 1 FROM json_each(?)',
    messages.flatMap(({ actor, seq }) => listTrees(actor).map((tree) => [tree, seq])),
  );
}

async function foldActors(
  connection: Connection,
  messages: readonly StoredEventMessage[],
): Promise<void> {
  const actors = await loadActors(connection, messages);
  for (const event of messages.flatMap(unpackEvents)) {
    const key = actorKey(event.kind, event.actor);
    const known = actors.get(key);
    actors.set(key, {
      firstSeq: known?.firstSeq ?? event.seq,
      summary: foldEvent(known?.summary, event),
    });
  }
  await insertRows(
    connection,
    // "WHERE true" keeps SQLite from reading ON CONFLICT as a join condition.
    `INSERT INTO actors (kind, id, first_seq, summary)
     SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?) WHERE true
     ON CONFLICT (kind, id) DO UPDATE SET summary = excluded.summary`,
    [...actors.values()].map(({ firstSeq, summary }) => [
      summary.kind,
      summary.id,
      firstSeq,
      JSON.stringify(summary),
    ]),
  );
}

async function loadActors(
  connection: Connection,
  messages: readonly StoredEventMessage[],
): Promise<Map<string, FoldedActor>> {
  const wanted = new Map(messages.map(({ kind, actor }) => [actorKey(kind, actor), [kind, actor]]));
  const rows = await connection.all<{ first_seq: number; summary: string }>(
    `SELECT a.first_seq, a.summary FROM json_each(?) w
     CROSS JOIN actors a ON a.kind = w.value ->> 0 AND a.id = w.value ->> 1`,
    [JSON.stringify([...wanted.values()])],
  );
  return new Map(
    rows.map((row) => {
      const summary = parseSummary(row.summary);
      return [actorKey(summary.kind, summary.id), { firstSeq: row.first_seq, summary }];
    }),
  );
}

async function insertHoles(
  connection: Connection,
  items: readonly UnreadableEvent[],
): Promise<void> {
  await insertRows(
    connection,
    `INSERT INTO holes (from_seq, to_seq, reason)
     SELECT value ->> 0, value ->> 0, value ->> 1 FROM json_each(?)`,
    items.map((item) => [item.seq, item.unreadable]),
  );
}

async function insertRows(
  connection: Connection,
  sql: string,
  rows: readonly (readonly (string | number)[])[],
): Promise<void> {
  for (let start = 0; start < rows.length; start += rowsPerStatement) {
    await connection.run(sql, [JSON.stringify(rows.slice(start, start + rowsPerStatement))]);
  }
}

function writePosition(connection: Connection, seq: number): Promise<void> {
  return connection.run('UPDATE position SET through_seq = ?', [seq]);
}

function actorKey(kind: string, id: string): string {
  return `${kind}/${id}`;
}

/** The actor and its ancestors: `a::b` is in the trees `a` and `a::b`. */
function listTrees(id: string): readonly string[] {
  const names = id.split('::');
  return names.map((_name, index) => names.slice(0, index + 1).join('::'));
}
