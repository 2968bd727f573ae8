import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { liveAccessSchema } from '../../runtime/contract/live.ts';
import {
  actorListSchema,
  eventPageSchema,
  runViewSchema,
  transcriptPageSchema,
  type TranscriptPage,
} from '../../runtime/contract/run-view.ts';
import { answerError } from '../problem.ts';
import { liveAccess } from '../testing/gateway-harness.ts';
import { createMemoryHistory } from '../testing/memory-history.ts';
import { defaultPageSize, maxPageSize } from './query.ts';
import { readRoutes } from './read-routes.ts';

const transcript: TranscriptPage = {
  entries: [
    {
      v: 1,
      id: 'entry-1',
      session: 'run-1::session',
      at: '2026-01-01T00:00:00.000Z',
      item: { type: 'prompt', source: 'step', stepId: 'understand', text: 'Understand the task' },
      seq: 7,
    },
  ],
  throughSeq: 7,
  more: false,
};

function prepare() {
  const history = createMemoryHistory();
  history.addActor({ kind: 'coordinator', id: 'run-1' });
  history.addActor({ kind: 'session', id: 'run-1::session', facts: { goal: 'fix it' } });
  history.addActor({ kind: 'merge-request', id: 'run-1::mr' });
  history.addActor({ kind: 'coordinator', id: 'run-2' });
  history.addActor({ kind: 'trigger', id: 'demo' });
  for (const actor of ['run-1', 'run-1::session', 'run-2', 'run-1::session', 'run-1']) {
    const kind = actor.endsWith('::session') ? 'session' : 'coordinator';
    history.addEvent({ kind, actor, type: 'somethingHappened' });
  }
  const asked: (readonly unknown[])[] = [];
  const app = new Hono();
  app.onError((error, context) =>
    answerError(context, error, { log: console, newId: () => 'reference' }),
  );
  app.route(
    '/',
    readRoutes({
      history,
      transcripts: {
        page(...query) {
          asked.push(query);
          return Promise.resolve(transcript);
        },
      },
      live: () => liveAccess,
      health: () =>
        Promise.resolve({ status: 'degraded', checks: { nats: { ok: false, detail: 'away' } } }),
    }),
  );
  const read = async (path: string) => {
    const answer = await app.request(path);
    return { status: answer.status, body: await answer.json() };
  };
  return { app, asked, history, read };
}

const idsOf = (actors: readonly { readonly id: string }[]) => actors.map(({ id }) => id);

describe('/api/runs', () => {
  it('lists the coordinators, newest first, and says how far history has read', async () => {
    const list = actorListSchema.parse((await prepare().read('/api/runs')).body);
    expect(idsOf(list.actors)).toEqual(['run-2', 'run-1']);
    expect(list.throughSeq).toBe(5);
  });

  it('lists no more than asked for', async () => {
    const list = actorListSchema.parse((await prepare().read('/api/runs?limit=1')).body);
    expect(idsOf(list.actors)).toEqual(['run-2']);
  });
});

describe('/api/runs/:id', () => {
  it('shows the coordinator and the other actors of its tree, and nobody else', async () => {
    const view = runViewSchema.parse((await prepare().read('/api/runs/run-1')).body);
    expect(view.run.id).toBe('run-1');
    expect(idsOf(view.members)).toEqual(['run-1::session', 'run-1::mr']);
    expect(view.throughSeq).toBe(5);
  });

  it.each(['run-9', 'demo', 'run-1::session'])('%s is not a run: 404', async (id) => {
    expect(await prepare().read(`/api/runs/${id}`)).toMatchObject({
      status: 404,
      body: { error: { code: 'SB_NOT_FOUND', message: `There is no run "${id}"` } },
    });
  });
});

describe('/api/actors', () => {
  it('lists actors of every kind, or of one', async () => {
    const { read } = prepare();
    expect(actorListSchema.parse((await read('/api/actors')).body).actors).toHaveLength(5);
    const sessions = actorListSchema.parse((await read('/api/actors?kind=session')).body);
    expect(idsOf(sessions.actors)).toEqual(['run-1::session']);
  });
});

describe('/api/events', () => {
  it('gives everything in pages without a hole or a repeat', async () => {
    const { read } = prepare();
    const seen: number[] = [];
    let after = 0;
    for (let more = true; more;) {
      const page = eventPageSchema.parse((await read(`/api/events?after=${after}&limit=2`)).body);
      seen.push(...page.events.map(({ seq }) => seq));
      after = page.throughSeq;
      more = page.more;
    }
    expect(seen).toEqual([1, 2, 3, 4, 5]);
  });

  it("gives a run's events, and a position from which nothing of the run is missed", async () => {
    const page = eventPageSchema.parse((await prepare().read('/api/events?run=run-2')).body);
    expect(page.events.map(({ seq }) => seq)).toEqual([3]);
    expect(page).toMatchObject({ throughSeq: 5, more: false });
  });

  it('does not claim to have read past a page that is cut off', async () => {
    const page = eventPageSchema.parse(
      (await prepare().read('/api/events?run=run-1&limit=2')).body,
    );
    expect(page.events.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(page).toMatchObject({ throughSeq: 2, more: true });
  });

  it('does not say there is more when the page is just full', async () => {
    const page = eventPageSchema.parse((await prepare().read('/api/events?limit=5')).body);
    expect(page).toMatchObject({ throughSeq: 5, more: false });
  });

  it('claims only the position read before the rows: an event stored meanwhile is not skipped', async () => {
    const { history, read } = prepare();
    const listEvents = history.listEvents.bind(history);
    history.listEvents = async (query) => {
      const rows = await listEvents(query);
      history.addEvent({ kind: 'coordinator', actor: 'run-2', type: 'storedMeanwhile' });
      return rows;
    };
    const page = eventPageSchema.parse((await read('/api/events?run=run-2')).body);
    expect(page.throughSeq).toBe(5);
    const next = eventPageSchema.parse((await read('/api/events?run=run-2&after=5')).body);
    expect(next.events.map(({ type }) => type)).toEqual(['storedMeanwhile']);
  });
});

describe('/api/sessions/:id/transcript', () => {
  it('passes on what is asked for', async () => {
    const { asked, read } = prepare();
    const path = '/api/sessions/run-1::session/transcript?after=3&limit=10';
    expect(transcriptPageSchema.parse((await read(path)).body)).toEqual(transcript);
    await read('/api/sessions/run-1%3A%3Asession/transcript');
    expect(asked).toEqual([
      ['run-1::session', 3, 10],
      ['run-1::session', 0, defaultPageSize],
    ]);
  });
});

describe('/api/live and /api/health', () => {
  it('give what their ports give', async () => {
    const { read } = prepare();
    expect(liveAccessSchema.parse((await read('/api/live')).body)).toEqual(liveAccess);
    expect((await read('/api/health')).body).toEqual({
      status: 'degraded',
      checks: { nats: { ok: false, detail: 'away' } },
    });
  });
});

describe('a query', () => {
  it.each([
    ['/api/events?after=-1', 'after'],
    ['/api/events?after=', 'after'],
    ['/api/events?after=0x10', 'after'],
    ['/api/events?after=1e3', 'after'],
    ['/api/events?after=1.5', 'after'],
    ['/api/events?limit=0', 'limit'],
    [`/api/events?limit=${maxPageSize + 1}`, 'limit'],
    ['/api/events?after=1&after=2', 'after'],
    ['/api/events?run=../etc', 'run'],
    ['/api/events?run=run-1.*', 'run'],
    ['/api/events?runs=run-1', 'runs'],
    ['/api/runs?kind=session', 'kind'],
    ['/api/actors?kind=Session', 'kind'],
    ['/api/runs/run-1?limit=1', 'limit'],
    ['/api/live?verbose=1', 'verbose'],
    ['/api/sessions/run-1::session/transcript?limit=many', 'limit'],
  ])('%s is refused and names "%s"', async (path, name) => {
    const answer = await prepare().read(path);
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'SB_INPUT_INVALID' } } });
    expect(JSON.stringify(answer.body)).toContain(`\\"${name}\\"`);
  });
});

describe('an id in a path', () => {
  const ids = [
    '..%2F..%2Fetc%2Fpasswd',
    '..%5C..',
    '%2E%2E%2Fx',
    'a.b',
    '*',
    '%3E',
    'a%00b',
    '%20',
    'a::',
    `x${'y'.repeat(160)}`,
  ];
  it.each(ids)('%s is refused before it reaches a port', async (id) => {
    const { asked, read } = prepare();
    expect(await read(`/api/runs/${id}`)).toMatchObject({ status: 400 });
    expect(await read(`/api/sessions/${id}/transcript`)).toMatchObject({ status: 400 });
    expect(asked).toEqual([]);
  });
});

describe('anything else', () => {
  it('is 404 with the routes there are', async () => {
    const answer = await prepare().read('/api/sessions');
    expect(answer).toMatchObject({ status: 404, body: { error: { code: 'SB_NOT_FOUND' } } });
    expect(JSON.stringify(answer.body)).toContain('/api/sessions/:id/transcript');
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('%s is refused', async (method) => {
    const answer = await prepare().app.request('/api/runs', { method });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('GET, HEAD');
  });

  it('no answer is kept by a cache', async () => {
    const { app } = prepare();
    for (const path of ['/api/runs', '/api/runs/run-9', '/api/live', '/api/nothing']) {
      expect((await app.request(path)).headers.get('cache-control')).toBe('no-store');
    }
  });
});
