import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SignalboxError } from '../contract/errors.ts';
import type { MemoryEventSource } from '../testing/event-source.ts';
import { createMemoryEventSource } from '../testing/event-source.ts';
import { makeEventMessage, makeEventMessages } from '../testing/stored-event.ts';
import { startTypeScript } from '../testing/typescript-program.ts';
import { connect } from './connection.ts';
import type { History } from './history.ts';
import { openHistory, openHistoryReader } from './history.ts';
import type { HistoryNotice } from './notice.ts';
import { createProjector } from './projector.ts';
import { maxPageSize } from './queries.ts';
import { rebuildHistory } from './rebuild.ts';

let folder: string;
let history: History;
let source: MemoryEventSource;
let notices: HistoryNotice[];

const log = (notice: HistoryNotice) => notices.push(notice);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-rebuild-'));
  notices = [];
  history = await openHistory({ file: join(folder, 'history.sqlite'), log });
  source = createMemoryEventSource();
});
afterEach(async () => {
  await history.close();
  await rm(folder, { recursive: true, force: true });
});

async function readEverything() {
  return {
    throughSeq: await history.throughSeq(),
    actors: await history.listActors({ limit: maxPageSize }),
    events: await history.listEvents({ after: 0, limit: maxPageSize }),
    tree: await history.listEvents({ after: 0, limit: maxPageSize, tree: 's3' }),
    holes: await history.listHoles(),
  };
}

async function damageRows(): Promise<void> {
  const connection = await connect(history.file);
  await connection.execute(
    "DELETE FROM messages WHERE seq % 3 = 0; DELETE FROM actors WHERE id = 's3'",
  );
  await connection.close();
}

describe('rebuilding', () => {
  it('gives what folding as it happened gave', async () => {
    source.append(
      ...makeEventMessages(1, 350),
      { seq: 351, unreadable: 'bad' },
      makeEventMessage(352),
    );
    const projector = createProjector({ history, source, log });
    projector.start();
    await projector.waitFor(352);
    await projector.stop();
    const incremental = await readEverything();
    await damageRows();
    expect(await readEverything()).not.toEqual(incremental);

    const report = await rebuildHistory({ history, source, log, lastSeq: 352 });
    expect(report).toMatchObject({ events: 351, actors: 10, holes: 1, throughSeq: 352 });
    expect(report.durationMs).toBeGreaterThan(0);
    expect(await readEverything()).toEqual(incremental);
    expect(source.openReadings()).toBe(0);
    expect((await readdir(folder)).filter((name) => name.includes('rebuilding'))).toEqual([]);
  });

  it('rebuilds to nothing from a stream that has nothing', async () => {
    await history.apply(makeEventMessages(1, 5));
    const report = await rebuildHistory({ history, source, log, lastSeq: 0 });
    expect(report).toMatchObject({ events: 0, actors: 0, throughSeq: 0 });
  });

  it('begins where retention lets it', async () => {
    source.append(...makeEventMessages(1, 40));
    source.trimBefore(31);
    const report = await rebuildHistory({ history, source, log, lastSeq: 40 });
    expect(report).toMatchObject({ events: 10, holes: 1, throughSeq: 40 });
    source.trimBefore(41);
    const empty = await rebuildHistory({ history, source, log, lastSeq: 40 });
    expect(empty).toMatchObject({ events: 0, holes: 1, throughSeq: 40 });
  });

  it('keeps the old history when the source fails, ends early or the caller gives up', async () => {
    source.append(...makeEventMessages(1, 150));
    await history.apply(makeEventMessages(1, 20));
    const before = await readEverything();

    const failing: MemoryEventSource = {
      ...source,
      async *read(after, signal) {
        for await (const batch of source.read(after, signal)) {
          yield batch;
          throw new SignalboxError('SB_NATS_UNAVAILABLE', 'NATS is away');
        }
      },
    };
    await expect(
      rebuildHistory({ history, source: failing, log, lastSeq: 200 }),
    ).rejects.toMatchObject({ code: 'SB_NATS_UNAVAILABLE' });

    const ending: MemoryEventSource = {
      ...source,
      async *read(after, signal) {
        for await (const batch of source.read(after, signal)) {
          yield batch;
          return;
        }
      },
    };
    await expect(
      rebuildHistory({ history, source: ending, log, lastSeq: 150 }),
    ).rejects.toMatchObject({ code: 'SB_HISTORY_FAILED', retryable: true });

    const givenUp = new Error('given up');
    await expect(
      rebuildHistory({ history, source, log, lastSeq: 200, signal: AbortSignal.abort(givenUp) }),
    ).rejects.toBe(givenUp);

    expect(await readEverything()).toEqual(before);
    expect(source.openReadings()).toBe(0);
    expect((await readdir(folder)).filter((name) => name.includes('rebuilding'))).toEqual([]);
  });

  it('never shows a reader beside it anything but the old or the new', async () => {
    source.append(...makeEventMessages(1, 2_000));
    await history.apply(makeEventMessages(1, 500));
    const reader = await openHistoryReader({ file: history.file });
    const rebuilding = new AbortController();
    const seen = new Set<number>();
    const readWhileRebuilding = async () => {
      while (!rebuilding.signal.aborted) seen.add((await reader.count()).events);
    };
    const reading = readWhileRebuilding();
    await rebuildHistory({ history, source, log, lastSeq: 2_000 });
    rebuilding.abort();
    await reading;
    seen.add((await reader.count()).events);
    await reader.close();
    expect([...seen].sort((a, b) => a - b)).toEqual([500, 2_000]);
  });

  it('runs under a projector without losing what comes meanwhile', async () => {
    source.append(...makeEventMessages(1, 1_000));
    const projector = createProjector({ history, source, log, retryDelayMs: 1 });
    projector.start();
    await projector.waitFor(1_000);
    const rebuilding = rebuildHistory({ history, source, log, lastSeq: 1_000 });
    source.append(...makeEventMessages(1_001, 1_500));
    await projector.waitFor(1_500);
    await rebuilding;
    source.append(...makeEventMessages(1_501, 1_600));
    await projector.waitFor(1_600);
    await projector.stop();
    expect(await history.count()).toEqual({ events: 1_600, actors: 10, holes: 0 });
  });

  it('leaves the old history when its process is killed in the middle, and works the next time', async () => {
    source.append(...makeEventMessages(1, 500));
    await history.apply(makeEventMessages(1, 20));
    await history.close();
    const child = startTypeScript(`
      const { openHistory } = await load('runtime/history/history.ts');
      const { rebuildHistory } = await load('runtime/history/rebuild.ts');
      const { createMemoryEventSource } = await load('runtime/testing/event-source.ts');
      const { makeEventMessages } = await load('runtime/testing/stored-event.ts');
      const log = () => undefined;
      const history = await openHistory({ file: ${JSON.stringify(history.file)}, log });
      const source = createMemoryEventSource();
      source.append(...makeEventMessages(1, 400));
      const telling = { ...source, async *read(after, signal) {
        for await (const batch of source.read(after, signal)) { yield batch; console.log('folded'); }
      } };
      await rebuildHistory({ history, source: telling, log, lastSeq: 500 });`);
    const exited = once(child, 'exit');
    for await (const line of createInterface({ input: child.stdout })) {
      expect(line).toBe('folded');
      child.kill('SIGKILL');
    }
    expect(await exited).toEqual([null, 'SIGKILL']);
    expect(await readdir(folder)).toContain('history.sqlite.rebuilding');

    history = await openHistory({ file: history.file, log });
    expect(await history.count()).toEqual({ events: 20, actors: 10, holes: 0 });
    await rebuildHistory({ history, source, log, lastSeq: 500 });
    expect(await history.count()).toEqual({ events: 500, actors: 10, holes: 0 });
    expect(notices).toEqual([]);
  });
});
