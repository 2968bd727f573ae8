import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SignalboxError } from '../contract/errors.ts';
import type { MemoryEventSource } from '../testing/event-source.ts';
import { createMemoryEventSource } from '../testing/event-source.ts';
import { makeEventMessage, makeEventMessages } from '../testing/stored-event.ts';
import type { History } from './history.ts';
import { openHistory, openHistoryReader } from './history.ts';
import type { HistoryNotice } from './notice.ts';
import type { Projector } from './projector.ts';
import { createProjector } from './projector.ts';

let folder: string;
let history: History;
let source: MemoryEventSource;
let projector: Projector;
let notices: HistoryNotice[];

const log = (notice: HistoryNotice) => notices.push(notice);
const noticeTypes = () => notices.map((notice) => notice.type);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-projector-'));
  notices = [];
  history = await openHistory({ file: join(folder, 'history.sqlite'), log });
  source = createMemoryEventSource({ batchSize: 7 });
  projector = createProjector({ history, source, log, retryDelayMs: 1 });
});
afterEach(async () => {
  await projector.stop();
  await history.close();
  await rm(folder, { recursive: true, force: true });
});

describe('the projector', () => {
  it('folds what is there, then what comes', async () => {
    source.append(...makeEventMessages(1, 20));
    projector.start();
    await projector.waitFor(20);
    source.append(...makeEventMessages(21, 22));
    await projector.waitFor(22);
    expect(await history.count()).toEqual({ events: 22, actors: 10, holes: 0 });
    expect(notices).toEqual([]);
  });

  it('starts once, stops once, and goes on where it was', async () => {
    source.append(...makeEventMessages(1, 10));
    projector.start();
    projector.start();
    await projector.waitFor(10);
    expect(source.openReadings()).toBe(1);
    await Promise.all([projector.stop(), projector.stop()]);
    await projector.stop();
    expect(source.openReadings()).toBe(0);
    source.append(...makeEventMessages(11, 15));
    projector.start();
    await projector.waitFor(15);
    expect(await history.count()).toEqual({ events: 15, actors: 10, holes: 0 });
  });

  it('rejects those who still wait when it stops', async () => {
    projector.start();
    const outcome = projector.waitFor(1).catch((error: unknown) => error);
    await projector.stop();
    expect(await outcome).toMatchObject({ code: 'SB_HISTORY_FAILED' });
  });

  it('records an event that cannot be read and moves on', async () => {
    source.append(makeEventMessage(1), { seq: 2, unreadable: 'bad JSON' }, makeEventMessage(3));
    projector.start();
    await projector.waitFor(3);
    expect(await history.listHoles()).toEqual([{ from: 2, to: 2, reason: 'bad JSON' }]);
  });

  it('goes on behind what retention has trimmed while it was away', async () => {
    source.append(...makeEventMessages(1, 5));
    projector.start();
    await projector.waitFor(5);
    await projector.stop();
    source.append(...makeEventMessages(6, 30));
    source.trimBefore(12);
    projector.start();
    await projector.waitFor(30);
    expect(await history.listHoles()).toMatchObject([{ from: 6, to: 11 }]);
    expect((await history.count()).events).toBe(5 + 19);
  });

  it('goes on behind what retention trims while it reads', async () => {
    source.append(...makeEventMessages(1, 30));
    const firstSeq = source.firstSeq.bind(source);
    let asked = 0;
    const trimming: MemoryEventSource = {
      ...source,
      firstSeq: async () => {
        const answer = await firstSeq();
        asked += 1;
        if (asked === 1) source.trimBefore(12);
        return answer;
      },
    };
    projector = createProjector({ history, source: trimming, log, retryDelayMs: 1 });
    projector.start();
    await projector.waitFor(30);
    expect(await history.listHoles()).toMatchObject([{ from: 1, to: 11 }]);
    expect(noticeTypes()).toEqual(['hole']);
  });

  it('refuses a hole in the middle of the stream, tells it once, and goes on when it is there', async () => {
    source.append(...makeEventMessages(1, 5), ...makeEventMessages(7, 9));
    projector.start();
    await vi.waitFor(() => expect(noticeTypes()).toEqual(['interrupted']));
    const attempts = vi.spyOn(source, 'firstSeq');
    await vi.waitFor(() => expect(attempts.mock.calls.length).toBeGreaterThan(5));
    expect(noticeTypes()).toEqual(['interrupted']);
    expect(await history.throughSeq()).toBe(0);
    await projector.stop();
    source.trimBefore(7);
    projector.start();
    await projector.waitFor(9);
    expect(await history.listHoles()).toMatchObject([{ from: 1, to: 6 }]);
  });

  it('begins again when the stream is shorter than history', async () => {
    await history.apply(makeEventMessages(1, 50));
    source.append(makeEventMessage(1, { id: 'session.s1:900:0', actor: 'fresh' }));
    projector.start();
    await projector.waitFor(1);
    await vi.waitFor(async () => expect(await history.throughSeq()).toBe(1));
    expect(noticeTypes()).toEqual(['diverged']);
    expect((await history.listActors({ limit: 10 })).map((actor) => actor.id)).toEqual(['fresh']);
    const [notice] = notices;
    const kept = await openHistoryReader({ file: notice?.type === 'diverged' ? notice.kept : '' });
    expect(await kept.count()).toMatchObject({ events: 50 });
    await kept.close();
  });

  it('begins again when the stream is another one, though it is longer', async () => {
    await history.apply(makeEventMessages(1, 5));
    source.append(
      ...makeEventMessages(1, 20).map((event) => ({ ...event, id: `${event.id}-other` })),
    );
    projector.start();
    await projector.waitFor(20);
    expect(noticeTypes()).toEqual(['diverged']);
    const [first] = await history.listEvents({ after: 0, limit: 1 });
    expect(first?.id).toBe('session.s1:1-other:0');
    expect(source.openReadings()).toBe(1);
  });

  it('survives an outage of the source, told once when it begins and once when it ends', async () => {
    source.append(...makeEventMessages(1, 5));
    projector.start();
    await projector.waitFor(5);
    const down = new SignalboxError('SB_NATS_UNAVAILABLE', 'NATS is away', { retryable: true });
    source.fail(down);
    await vi.waitFor(() => expect(noticeTypes()).toEqual(['interrupted']));
    source.append(...makeEventMessages(6, 9));
    source.recover();
    await projector.waitFor(9);
    await vi.waitFor(() => expect(noticeTypes()).toEqual(['interrupted', 'resumed']));
    expect(notices[0]).toMatchObject({ error: down });
  });

  it('reads again when a reading ends by itself', async () => {
    source.append(...makeEventMessages(1, 5));
    projector.start();
    await projector.waitFor(5);
    source.endReadings();
    source.append(...makeEventMessages(6, 9));
    await projector.waitFor(9);
    await vi.waitFor(() => expect(noticeTypes()).toEqual(['interrupted', 'resumed']));
  });

  it('recovers when history is moved back under it', async () => {
    source.append(...makeEventMessages(1, 20));
    projector.start();
    await projector.waitFor(20);
    await history.reset();
    source.append(...makeEventMessages(21, 25));
    await projector.waitFor(25);
    expect(await history.count()).toEqual({ events: 25, actors: 10, holes: 0 });
  });
});
