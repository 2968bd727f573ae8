import { once } from 'node:events';
import { mkdtemp, open, readFile, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ActorSummary } from '../contract/run-view.ts';
import { eventsOf } from '../core/event-source.ts';
import { makeEventMessages } from '../testing/stored-event.ts';
import { startTypeScript } from '../testing/typescript-program.ts';
import { connect } from './connection.ts';
import { foldEvent } from '../contract/actor-fold.ts';
import type { History } from './history.ts';
import { openHistory, openHistoryReader } from './history.ts';
import type { HistoryNotice } from './notice.ts';
import { maxPageSize } from './queries.ts';

const brokenAt = '2026-01-02T03:04:05.678Z';
const brokenSuffix = '.broken-2026-01-02T03-04-05-678Z';

let folder: string;
let file: string;
let notices: HistoryNotice[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-database-'));
  file = join(folder, 'data', 'history.sqlite');
  notices = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function openHere(): Promise<History> {
  return openHistory({
    file,
    log: (notice) => notices.push(notice),
    now: () => new Date(brokenAt),
  });
}

async function writeThrough(seq: number): Promise<void> {
  const history = await openHere();
  await history.apply(makeEventMessages(1, seq));
  await history.close();
}

/** Opens the broken file, uses what is begun anew, and opens that once more. */
async function openBrokenFile() {
  const before = await readFile(file);
  const first = await openHere();
  const countAtFirst = await first.count();
  await first.apply(makeEventMessages(1, 20));
  await first.close();
  const second = await openHere();
  const throughSeq = await second.throughSeq();
  await second.close();
  return { countAtFirst, throughSeq, kept: (await readFile(file + brokenSuffix)).equals(before) };
}

const begunAnew = { countAtFirst: { events: 0, actors: 0, holes: 0 }, throughSeq: 20, kept: true };

describe('the history file', () => {
  it('is private to its user, with its write-ahead log', async () => {
    const history = await openHere();
    await history.apply(makeEventMessages(1, 5));
    const modeOf = async (path: string) => (await stat(path)).mode & 0o777;
    expect(await modeOf(join(folder, 'data'))).toBe(0o700);
    for (const name of await readdir(join(folder, 'data'))) {
      expect([name, await modeOf(join(folder, 'data', name))]).toEqual([name, 0o600]);
    }
    await history.close();
    expect(await readdir(join(folder, 'data'))).toEqual(['history.sqlite']);
  });

  it('keeps what was applied', async () => {
    await writeThrough(25);
    const history = await openHere();
    expect(await history.throughSeq()).toBe(25);
    expect(await history.count()).toEqual({ events: 25, actors: 10, holes: 0 });
    await history.close();
    expect(notices).toEqual([]);
  });

  it('is set aside when it is no database', async () => {
    await writeThrough(1);
    await writeFile(file, 'this is not a database, but it is long enough to look at'.repeat(100));
    expect(await openBrokenFile()).toEqual(begunAnew);
    expect(notices).toMatchObject([{ type: 'setAside', file, movedTo: file + brokenSuffix }]);
  });

  it('is set aside when its end is torn off', async () => {
    await writeThrough(500);
    await truncate(file, Math.floor((await stat(file)).size / 2) + 100);
    expect(await openBrokenFile()).toEqual(begunAnew);
    expect(notices).toMatchObject([{ type: 'setAside', file, movedTo: file + brokenSuffix }]);
  });

  it('is set aside when a page in the middle is damaged', async () => {
    await writeThrough(500);
    const handle = await open(file, 'r+');
    for (let page = 3; page < 20; page += 1) {
      await handle.write(Buffer.alloc(4_000, 0xee), 0, 4_000, page * 4_096);
    }
    await handle.close();
    expect(await openBrokenFile()).toEqual(begunAnew);
    expect(notices).toMatchObject([{ type: 'setAside', file, movedTo: file + brokenSuffix }]);
  });

  it('is set aside when another version of Signalbox wrote it', async () => {
    await writeThrough(5);
    const connection = await connect(file);
    await connection.execute('PRAGMA user_version = 99; DROP TABLE holes;');
    await connection.close();
    expect(await openBrokenFile()).toEqual(begunAnew);
    expect(notices).toMatchObject([{ type: 'setAside', file, movedTo: file + brokenSuffix }]);
  });

  it('is not set aside when it cannot be reached', async () => {
    await writeFile(join(folder, 'data'), 'a file where the folder should be');
    await expect(openHere()).rejects.toMatchObject({ code: 'EEXIST' });
    expect(notices).toEqual([]);
  });
});

describe('a reader', () => {
  it('says that there is no history yet, and makes none', async () => {
    await expect(openHistoryReader({ file })).rejects.toMatchObject({ code: 'SB_NOT_FOUND' });
    expect(await readdir(folder)).toEqual([]);
  });

  it('refuses a file of another schema or none and leaves it alone', async () => {
    await writeThrough(5);
    const connection = await connect(file);
    await connection.execute('PRAGMA user_version = 99');
    await connection.close();
    await expect(openHistoryReader({ file })).rejects.toMatchObject({ code: 'SB_HISTORY_FAILED' });
    await writeFile(file, 'no database'.repeat(100));
    await expect(openHistoryReader({ file })).rejects.toMatchObject({ code: 'SB_HISTORY_FAILED' });
    expect(await readdir(join(folder, 'data'))).toEqual(['history.sqlite']);
  });

  it('reads after the writer is gone', async () => {
    await writeThrough(5);
    const reader = await openHistoryReader({ file });
    expect(await reader.throughSeq()).toBe(5);
    await reader.close();
  });
});

describe('a writing process that is killed with -9', () => {
  const batchSize = 300;
  const writer = (path: string) => `
    const { openHistory } = await load('runtime/history/history.ts');
    const { makeEventMessages } = await load('runtime/testing/stored-event.ts');
    const history = await openHistory({ file: ${JSON.stringify(path)}, log: (notice) => console.log(notice.message) });
    for (let seq = (await history.throughSeq()) + 1; ; seq += ${batchSize}) {
      await history.apply(makeEventMessages(seq, seq + ${batchSize - 1}));
      console.log('applied ' + (seq + ${batchSize - 1}));
    }`;

  /** Kills the writer in the middle of whatever it does after its nth batch; returns the last position it told. */
  async function killAfter(batches: number): Promise<number> {
    const child = startTypeScript(writer(file));
    const exited = once(child, 'exit');
    let told = 0;
    let seen = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      expect(line).toMatch(/^applied \d+$/);
      told = Number(line.split(' ')[1]);
      seen += 1;
      if (seen >= batches) child.kill('SIGKILL');
    }
    expect(await exited).toEqual([null, 'SIGKILL']);
    return told;
  }

  it('leaves rows and position that agree, and goes on from there', async () => {
    for (const batches of [1, 3, 6]) {
      const told = await killAfter(batches);
      const history = await openHere();
      const throughSeq = await history.throughSeq();
      expect(throughSeq).toBeGreaterThanOrEqual(told);
      expect(throughSeq % batchSize).toBe(0);
      expect(await history.count()).toEqual({ events: throughSeq, actors: 10, holes: 0 });
      expect(await history.listActors({ limit: maxPageSize })).toEqual(expectActors(throughSeq));
      await history.close();
    }
    expect(notices).toEqual([]);
  });

  function expectActors(throughSeq: number): readonly ActorSummary[] {
    const summaries = new Map<string, ActorSummary>();
    for (const event of eventsOf(makeEventMessages(1, throughSeq))) {
      summaries.set(event.actor, foldEvent(summaries.get(event.actor), event));
    }
    return [...summaries.values()].toReversed();
  }
});
