import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoredEvent } from '../contract/event.ts';
import type { ActorSummary } from '../contract/run-view.ts';
import { eventsOf, type StreamItem } from '../core/event-source.ts';
import { makeEventMessage, makeEventMessages } from '../testing/stored-event.ts';
import { foldEvent } from '../contract/actor-fold.ts';
import type { History } from './history.ts';
import { openHistory, openHistoryReader } from './history.ts';
import type { HistoryNotice } from './notice.ts';
import { maxPageSize } from './queries.ts';

let folder: string;
let notices: HistoryNotice[] = [];
let files = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-history-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A history of its own for each test, closed when the test ends. */
async function withHistory(use: (history: History) => Promise<void>): Promise<void> {
  notices = [];
  files += 1;
  const file = join(folder, `history-${files}.sqlite`);
  const history = await openHistory({ file, log: (notice) => notices.push(notice) });
  try {
    await use(history);
  } finally {
    await history.close();
  }
}

async function readEverything(history: History) {
  return {
    throughSeq: await history.throughSeq(),
    actors: await history.listActors({ limit: maxPageSize }),
    events: await history.listEvents({ after: 0, limit: maxPageSize }),
    holes: await history.listHoles(),
  };
}

describe('history', () => {
  it('answers nothing before the first event', () =>
    withHistory(async (history) => {
      expect(await readEverything(history)).toEqual({
        throughSeq: 0,
        actors: [],
        events: [],
        holes: [],
      });
      expect(await history.getActor({ kind: 'session', id: 's1' })).toBeUndefined();
    }));

  it('lists actors by kind, newest first, and finds one by its address', () =>
    withHistory(async (history) => {
      await history.apply([
        makeEventMessage(1, { kind: 'coordinator', actor: 'run1' }),
        makeEventMessage(2, { kind: 'session', actor: 'run1::work' }),
        makeEventMessage(3, { kind: 'coordinator', actor: 'run2', data: { goal: 'second' } }),
        makeEventMessage(4, { kind: 'coordinator', actor: 'run1', state: 'delivering' }),
      ]);
      const ids = async (query: { kind?: string; limit: number }) =>
        (await history.listActors(query)).map((actor) => actor.id);
      expect(await ids({ limit: 10 })).toEqual(['run2', 'run1::work', 'run1']);
      expect(await ids({ kind: 'coordinator', limit: 10 })).toEqual(['run2', 'run1']);
      expect(await ids({ kind: 'coordinator', limit: 1 })).toEqual(['run2']);
      expect(await history.getActor({ kind: 'coordinator', id: 'run1' })).toMatchObject({
        state: 'delivering',
        eventCount: 2,
        lastSeq: 4,
      });
      expect(await history.getActor({ kind: 'session', id: 'run1' })).toBeUndefined();
    }));

  it('takes a tree to be an id and what begins with it and "::", nothing that only looks alike', () =>
    withHistory(async (history) => {
      const actors = [
        'run1',
        'run1-b',
        'run1::work',
        'run10',
        'run1::work::check',
        'run1_c',
        'run',
      ];
      await history.apply(actors.map((actor, index) => makeEventMessage(index + 1, { actor })));
      const tree = async (id: string) => (await history.listTree(id)).map((actor) => actor.id);
      const eventActors = async (id: string) =>
        (await history.listEvents({ after: 0, limit: 10, tree: id })).map((event) => event.actor);
      for (const list of [tree, eventActors]) {
        expect(await list('run1')).toEqual(['run1', 'run1::work', 'run1::work::check']);
        expect(await list('run1::work')).toEqual(['run1::work', 'run1::work::check']);
        expect(await list('run1::wor')).toEqual([]);
      }
    }));

  it('pages events of all, of one actor, of a tree, and of one actor in a tree', () =>
    withHistory(async (history) => {
      await history.apply([
        makeEventMessage(1, { kind: 'coordinator', actor: 'run1' }),
        makeEventMessage(2, { actor: 'run1::work' }),
        makeEventMessage(3, { actor: 'run2::work' }),
        makeEventMessage(4, { actor: 'run1::work' }),
        makeEventMessage(5, { kind: 'coordinator', actor: 'run1' }),
      ]);
      const seqs = async (query: Partial<Parameters<History['listEvents']>[0]>) =>
        (await history.listEvents({ after: 0, limit: 10, ...query })).map((event) => event.seq);
      const work = { kind: 'session', id: 'run1::work' };
      expect(await seqs({})).toEqual([1, 2, 3, 4, 5]);
      expect(await seqs({ after: 2, limit: 2 })).toEqual([3, 4]);
      expect(await seqs({ tree: 'run1' })).toEqual([1, 2, 4, 5]);
      expect(await seqs({ tree: 'run1', after: 1, limit: 2 })).toEqual([2, 4]);
      expect(await seqs({ actor: work })).toEqual([2, 4]);
      expect(await seqs({ actor: work, after: 2 })).toEqual([4]);
      expect(await seqs({ actor: work, tree: 'run1' })).toEqual([2, 4]);
      expect(await seqs({ actor: work, tree: 'run2' })).toEqual([]);
    }));

  it('counts a page in messages and never splits one', () =>
    withHistory(async (history) => {
      const event = { type: 'told', data: {} };
      const three = { ...makeEventMessage(2), events: [0, 1, 4].map((i) => ({ i, ...event })) };
      await history.apply([makeEventMessage(1), three, makeEventMessage(3)]);
      const page = await history.listEvents({ after: 0, limit: 2 });
      expect(page.map(({ seq, i }) => `${seq}.${i}`)).toEqual(['1.0', '2.0', '2.1', '2.4']);
      expect(page[3]?.id).toBe(`${three.id}:4`);
      expect(await history.count()).toMatchObject({ events: 5 });
    }));

  it('gives events back as they were, large and odd values included', () =>
    withHistory(async (history) => {
      const event = makeEventMessage(1, {
        data: {
          log: 'x'.repeat(100_000),
          odd: '\u0000"\\ \u{1F682} \ud800',
          nested: [{ a: null }],
        },
      });
      await history.apply([event]);
      expect(await history.listEvents({ after: 0, limit: 1 })).toEqual(eventsOf([event]));
      const actor = await history.getActor({ kind: 'session', id: 's1' });
      expect(Object.keys(actor?.facts ?? {})).toEqual(['odd', 'nested']);
    }));

  it('refuses a page size it would not honour', () =>
    withHistory(async (history) => {
      for (const limit of [0, -1, 1.5, maxPageSize + 1]) {
        await expect(history.listEvents({ after: 0, limit })).rejects.toMatchObject({
          code: 'SB_INPUT_INVALID',
        });
        await expect(history.listActors({ limit })).rejects.toMatchObject({
          code: 'SB_INPUT_INVALID',
        });
      }
    }));

  it('refuses a batch with a hole and changes nothing', () =>
    withHistory(async (history) => {
      await history.apply(makeEventMessages(1, 3));
      const before = await readEverything(history);
      for (const batch of [
        makeEventMessages(5, 6),
        [makeEventMessage(4), makeEventMessage(6)],
        [makeEventMessage(5), makeEventMessage(4)],
      ]) {
        await expect(history.apply(batch)).rejects.toMatchObject({ code: 'SB_HISTORY_GAP' });
      }
      expect(await readEverything(history)).toEqual(before);
      await history.apply(makeEventMessages(4, 5));
      expect(await history.throughSeq()).toBe(5);
    }));

  it('skips what the stream no longer holds, records it, and never moves backwards', () =>
    withHistory(async (history) => {
      await history.apply(makeEventMessages(1, 3));
      await history.skipTo(9);
      await history.skipTo(5);
      await history.apply(makeEventMessages(8, 12));
      expect(await history.throughSeq()).toBe(12);
      expect(await history.listHoles()).toEqual([
        { from: 4, to: 9, reason: 'no longer in the stream' },
      ]);
      expect(await history.count()).toEqual({ events: 6, actors: 4, holes: 1 });
      expect(notices.map((notice) => notice.type)).toEqual(['hole']);
    }));

  it('records an unreadable event and goes on behind it', () =>
    withHistory(async (history) => {
      await history.apply([
        makeEventMessage(1),
        { seq: 2, unreadable: 'no "actor"' },
        makeEventMessage(3),
      ]);
      expect(await history.throughSeq()).toBe(3);
      expect(await history.listHoles()).toEqual([{ from: 2, to: 2, reason: 'no "actor"' }]);
      expect(notices).toMatchObject([{ type: 'hole', from: 2, to: 2 }]);
    }));

  it('forgets everything on reset and begins again', () =>
    withHistory(async (history) => {
      await history.apply([...makeEventMessages(1, 3), { seq: 4, unreadable: 'bad' }]);
      await history.reset();
      expect(await readEverything(history)).toMatchObject({ throughSeq: 0, actors: [], holes: [] });
      await history.apply(makeEventMessages(1, 2));
      expect(await history.count()).toEqual({ events: 2, actors: 2, holes: 0 });
    }));

  it('is copied as it was at one moment, by who only reads it too', () =>
    withHistory(async (history) => {
      await history.apply(makeEventMessages(1, 30));
      const reader = await openHistoryReader({ file: history.file });
      try {
        const copying = reader.copyTo(`${history.file}.copy`);
        await history.apply(makeEventMessages(31, 40));
        await copying;
        const copies = [`${history.file}.copy`, await history.keepCopy()];
        for (const file of copies) {
          const copy = await openHistoryReader({ file });
          const { events } = await copy.count();
          expect(events).toBe(await copy.throughSeq());
          await copy.close();
        }
        await expect(reader.copyTo(`${history.file}.copy`)).rejects.toMatchObject({
          code: 'SB_HISTORY_FAILED',
        });
        expect(await reader.count()).toMatchObject({ events: 40 });
      } finally {
        await reader.close();
      }
    }));

  it('takes concurrent batches in turn', () =>
    withHistory(async (history) => {
      await Promise.all([
        history.apply(makeEventMessages(1, 50)),
        history.apply(makeEventMessages(1, 80)),
        history.apply(makeEventMessages(60, 100)),
      ]);
      expect(await history.count()).toEqual({ events: 100, actors: 10, holes: 0 });
    }));

  it('closes twice, and answers with an error afterwards', () =>
    withHistory(async (history) => {
      await history.apply(makeEventMessages(1, 2));
      await Promise.all([history.close(), history.close()]);
      await history.close();
      await expect(history.throughSeq()).rejects.toMatchObject({ code: 'SB_HISTORY_FAILED' });
      await expect(history.apply([])).rejects.toMatchObject({ code: 'SB_HISTORY_FAILED' });
    }));

  it('shows a second connection whole batches only, while it is being written', () =>
    withHistory(async (history) => {
      const reader = await openHistoryReader({ file: history.file });
      try {
        const batchSize = 700;
        const writing = new AbortController();
        const seen: number[] = [];
        const readWhileWriting = async () => {
          while (!writing.signal.aborted) seen.push((await reader.count()).events);
        };
        const reading = readWhileWriting();
        for (let batch = 0; batch < 10; batch += 1) {
          await history.apply(makeEventMessages(batch * batchSize + 1, (batch + 1) * batchSize));
        }
        writing.abort();
        await reading;
        expect(seen.length).toBeGreaterThan(0);
        expect(seen.filter((count) => count % batchSize !== 0)).toEqual([]);
        expect(await reader.throughSeq()).toBe(10 * batchSize);
      } finally {
        await reader.close();
      }
    }));

  it('ends with the same rows however the events are packed and split, and whatever is applied again', async () => {
    const itemArbitrary = fc.record({
      actor: fc.constantFrom('a', 'a::b', 'a::b::c', 'b'),
      kind: fc.constantFrom('session', 'coordinator'),
      state: fc.constantFrom('thinking', 'parked'),
      datas: fc.array(
        fc.dictionary(fc.constantFrom('x', 'y', '1'), fc.jsonValue({ maxDepth: 1 })),
        { minLength: 1, maxLength: 4 },
      ),
      unreadable: fc.boolean(),
    });
    const splitArbitrary = fc.array(
      fc.record({ size: fc.integer({ min: 1, max: 8 }), back: fc.integer({ min: 0, max: 5 }) }),
      { minLength: 1, maxLength: 10 },
    );
    await withHistory((history) =>
      fc.assert(
        fc.asyncProperty(
          fc.array(itemArbitrary, { maxLength: 30 }),
          splitArbitrary,
          async (made, splits) => {
            const items = made.map(({ unreadable, datas, ...fields }, index): StreamItem =>
              unreadable
                ? { seq: index + 1, unreadable: 'made so' }
                : {
                    ...makeEventMessage(index + 1, fields),
                    events: datas.map((data, i) => ({
                      i: i * 2,
                      type: 'told',
                      data: data as StoredEvent['data'],
                    })),
                  },
            );
            await history.reset();
            await history.apply(items);
            const atOnce = await readEverything(history);
            expect(atOnce.actors).toEqual(expectSummaries(items));
            expect(atOnce.events).toEqual(throughJson(eventsOf(items)));
            expect((await history.count()).events).toBe(atOnce.events.length);

            // One message for each event: the same but for the positions.
            await history.reset();
            await history.apply(packOneByOne(items));
            expect(withoutPositions(await history.listActors({ limit: maxPageSize }))).toEqual(
              withoutPositions(atOnce.actors),
            );

            await history.reset();
            for (let start = 0, turn = 0; start < items.length; turn += 1) {
              const { size, back } = splits[turn % splits.length] ?? { size: 1, back: 0 };
              await history.apply(items.slice(Math.max(0, start - back), start + size));
              start += size;
            }
            expect(await readEverything(history)).toEqual(atOnce);
            await history.apply(items);
            expect(await readEverything(history)).toEqual(atOnce);
          },
        ),
        { numRuns: 40 },
      ),
    );
  });

  it('holds 100,000 events (timings are printed)', () =>
    withHistory(async (history) => {
      const total = 100_000;
      const writing = performance.now();
      for (let seq = 1; seq <= total; seq += 1_000) {
        await history.apply(
          makeEventMessages(seq, seq + 999).map((event) =>
            makeEventMessage(event.seq, { actor: `run${event.seq % 500}::work${event.seq % 3}` }),
          ),
        );
      }
      const timings: Record<string, number> = { 'write all': performance.now() - writing };
      const time = async (name: string, query: () => Promise<readonly unknown[]>) => {
        const started = performance.now();
        const rows = await query();
        timings[name] = performance.now() - started;
        return rows.length;
      };
      const middle = total / 2;
      expect(await time('100 actors', () => history.listActors({ limit: 100 }))).toBe(100);
      expect(
        await time('100 actors of a kind', () =>
          history.listActors({ kind: 'session', limit: 100 }),
        ),
      ).toBe(100);
      expect(await time('tree', () => history.listTree('run77'))).toBe(3);
      expect(
        await time('200 events', () => history.listEvents({ after: middle, limit: 200 })),
      ).toBe(200);
      expect(
        await time('100 events of a tree', () =>
          history.listEvents({ after: middle, limit: 100, tree: 'run77' }),
        ),
      ).toBe(100);
      const actor = { kind: 'session', id: 'run77::work2' };
      expect(
        await time('30 events of an actor', () =>
          history.listEvents({ after: middle, limit: 30, actor }),
        ),
      ).toBe(30);
      const rounded = Object.entries(timings).map(([name, ms]) => `${name} ${ms.toFixed(1)} ms`);
      console.log(`history of ${total} events: ${rounded.join(', ')}`);
    }));
});

function expectSummaries(items: readonly StreamItem[]): readonly ActorSummary[] {
  const summaries = new Map<string, ActorSummary>();
  for (const event of eventsOf(items)) {
    const key = `${event.kind}/${event.actor}`;
    summaries.set(key, foldEvent(summaries.get(key), event));
  }
  return throughJson([...summaries.values()].toReversed());
}

/** As stored: -0 becomes 0. */
function throughJson<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value;
}

function packOneByOne(items: readonly StreamItem[]): readonly StreamItem[] {
  return eventsOf(items).map(({ i, type, data, ...scene }, index) => ({
    ...scene,
    events: [{ i, type, data }],
    seq: index + 1,
  }));
}

function withoutPositions(actors: readonly ActorSummary[]) {
  return actors.map(({ lastSeq: _seq, lastIndex: _index, ...rest }) => rest);
}
