import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect } from './connection.ts';
import type { Connection } from './connection.ts';

let folder: string;
let connection: Connection;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-connection-'));
  const file = join(folder, 'some.sqlite');
  await writeFile(file, '');
  connection = await connect(file);
  await connection.execute('CREATE TABLE notes (text TEXT)');
});
afterEach(async () => {
  await connection.close();
  await rm(folder, { recursive: true, force: true });
});

const countNotes = async () =>
  (await connection.get<{ count: number }>('SELECT count(*) AS count FROM notes'))?.count;

describe('a connection', () => {
  it('rolls back what throws, and goes on', async () => {
    const refused = connection.transaction(async () => {
      await connection.run('INSERT INTO notes VALUES (?)', ['lost']);
      throw new Error('changed my mind');
    });
    const kept = connection.transaction(() =>
      connection.run('INSERT INTO notes VALUES (?)', ['kept']),
    );
    await expect(refused).rejects.toThrow('changed my mind');
    await kept;
    expect(await connection.all('SELECT text FROM notes')).toEqual([{ text: 'kept' }]);
  });

  it('says that the disk is full, loses only that transaction, and goes on when there is room', async () => {
    await connection.run('INSERT INTO notes VALUES (?)', ['before']);
    await connection.execute('PRAGMA max_page_count = 4');
    const write = () =>
      connection.transaction(() =>
        connection.run('INSERT INTO notes VALUES (?)', ['x'.repeat(100_000)]),
      );
    await expect(write()).rejects.toMatchObject({ code: 'SB_STORAGE_FULL', retryable: true });
    expect(await countNotes()).toBe(1);
    await connection.execute('PRAGMA max_page_count = 1000');
    await write();
    expect(await countNotes()).toBe(2);
  });

  it('answers a wrong statement with our error, with that of SQLite as its cause', async () => {
    await expect(connection.run('INSERT INTO nowhere VALUES (1)')).rejects.toMatchObject({
      code: 'SB_HISTORY_FAILED',
      retryable: false,
      cause: { code: 'SQLITE_ERROR' },
    });
  });
});
