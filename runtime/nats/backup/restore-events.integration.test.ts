/** The streams are gone and a history is left: what comes back, and who is told to be lost. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { StoredEvent } from '../../contract/event.ts';
import { eventsOf } from '../../core/event-source.ts';
import type { HistoryReader } from '../../core/ports.ts';
import { startTestServer, type TestServer } from '../../testing/real-server.ts';
import { makeEventMessage } from '../../testing/stored-event.ts';
import { silentLog } from '../../worker/log.ts';
import { openConnection, type Connection } from '../connection.ts';
import { openStorage } from '../open-storage.ts';
import { defaultRetention } from '../retention.ts';
import { restoreEvents } from './restore-events.ts';

const space = { namespace: 'test', partitionCount: 1 };
const nowMs = Date.UTC(2026, 5, 1);
let server: TestServer;
let connection: Connection;
let told: readonly StoredEvent[] = [];
/** Whole messages, as the real one. */
const history: Pick<HistoryReader, 'listEvents'> = {
  listEvents: ({ after, limit }) => {
    const left = told.filter(({ seq }) => seq > after);
    const end = [...new Set(left.map(({ seq }) => seq))][limit] ?? Infinity;
    return Promise.resolve(left.filter(({ seq }) => seq < end));
  },
};

beforeAll(async () => {
  server = await startTestServer();
  connection = await openConnection({ ...server.connection, name: 'restore test' });
});
afterAll(async () => {
  await connection.close();
  await server.stop();
});

const restore = () =>
  restoreEvents({ connection, space, replicas: 1, retention: defaultRetention, history, nowMs });

/** Without the position, which is a new one behind what was lost from the middle. */
const contentOf = ({ seq: _, ...content }: StoredEvent) => content;

it('puts back every event in its order, and tells who was in the middle of something', async () => {
  const message = makeEventMessage(700, { actor: 'done' });
  const last = { ...message, status: 'done' as const, state: 'completed' };
  told = eventsOf([
    ...Array.from({ length: 699 }, (_, index) =>
      makeEventMessage(index + 1, { actor: index % 2 === 0 ? 'done' : 'lost', state: `s${index}` }),
    ),
    { ...last, events: [0, 3].map((i) => ({ i, type: 'told', data: { i } })) },
  ]);
  const report = await restore();
  expect(report.events).toBe(701);
  expect(report.lost).toMatchObject([{ kind: 'session', id: 'lost', state: 's697' }]);

  const storage = await openStorage({ connection, space, replicas: 1, log: silentLog });
  const back: StoredEvent[] = [];
  const end = await storage.events.lastSeq();
  for await (const batch of storage.events.read(0, new AbortController().signal)) {
    back.push(...eventsOf(batch));
    if ((batch.at(-1)?.seq ?? 0) >= end) break;
  }
  expect(back.slice(0, -1).map(contentOf)).toEqual(told.map(contentOf));
  expect(back.at(-1)).toMatchObject({
    type: 'actorLost',
    actor: 'lost',
    state: 's697',
    status: 'error',
  });
});

it('is refused by a system that holds something', async () => {
  await expect(restore()).rejects.toMatchObject({ code: 'SB_SYSTEM_NOT_EMPTY' });
});
