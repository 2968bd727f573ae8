/**
 * The read-only REST interface under `/api`. Shapes are those of runtime/contract/run-view.ts and live.ts.
 * `throughSeq` is read before the rows it describes: rows may be newer than it says, never older, so that
 * a reader who tails from there misses nothing and at most sees an event twice.
 */
import { Hono, type MiddlewareHandler } from 'hono';
import { z } from 'zod';
import { actorIdSchema, actorKindSchema } from '../../runtime/contract/address.ts';
import { SignalboxError } from '../../runtime/contract/errors.ts';
import type { ActorList, EventPage, RunView } from '../../runtime/contract/run-view.ts';
import type { HistoryReader } from '../../runtime/core/ports.ts';
import type { GatewayOptions } from '../gateway-options.ts';
import { answerProblem } from '../problem.ts';
import { pageSizeSchema, parseActorId, parseQuery, positionSchema } from './query.ts';

export type ReadServices = Pick<GatewayOptions, 'history' | 'transcripts' | 'live' | 'health'>;

/** The kind of the actor that owns a run. */
const runKind = 'coordinator';

const routePatterns = [
  '/api/runs',
  '/api/runs/:id',
  '/api/actors',
  '/api/events',
  '/api/sessions/:id/transcript',
  '/api/live',
  '/api/health',
];

const noQuery = z.strictObject({});
const runsQuery = z.strictObject({ limit: pageSizeSchema });
const actorsQuery = z.strictObject({ kind: actorKindSchema.optional(), limit: pageSizeSchema });
const pageQuery = z.strictObject({ after: positionSchema, limit: pageSizeSchema });
const eventsQuery = pageQuery.extend({ run: actorIdSchema.optional() });

export function readRoutes({ history, transcripts, live, health }: ReadServices): Hono {
  const routes = new Hono();
  routes.use('/api/*', requireReading);
  routes.get('/api/runs', async (context) => {
    const { limit } = parseQuery(context, runsQuery);
    return context.json(await listActors(history, { kind: runKind, limit }));
  });
  routes.get('/api/runs/:id', async (context) => {
    parseQuery(context, noQuery);
    return context.json(await viewRun(history, parseActorId(context.req.param('id'))));
  });
  routes.get('/api/actors', async (context) => {
    const { kind, limit } = parseQuery(context, actorsQuery);
    const query = kind === undefined ? { limit } : { kind, limit };
    return context.json(await listActors(history, query));
  });
  routes.get('/api/events', async (context) =>
    context.json(await pageEvents(history, parseQuery(context, eventsQuery))),
  );
  routes.get('/api/sessions/:id/transcript', async (context) => {
    const id = parseActorId(context.req.param('id'));
    const { after, limit } = parseQuery(context, pageQuery);
    return context.json(await transcripts.page(id, after, limit));
  });
  routes.get('/api/live', (context) => {
    parseQuery(context, noQuery);
    return context.json(live());
  });
  routes.get('/api/health', async (context) => {
    parseQuery(context, noQuery);
    return context.json(await health());
  });
  routes.all('/api/*', (context) =>
    answerProblem(context, 404, {
      code: 'SB_NOT_FOUND',
      message: 'There is no such route',
      next: `Ask for one of ${routePatterns.join(', ')}.`,
    }),
  );
  return routes;
}

async function listActors(
  history: HistoryReader,
  query: { readonly kind?: string; readonly limit: number },
): Promise<ActorList> {
  const throughSeq = await history.throughSeq();
  return { actors: [...(await history.listActors(query))], throughSeq };
}

async function viewRun(history: HistoryReader, id: string): Promise<RunView> {
  const throughSeq = await history.throughSeq();
  const tree = await history.listTree(id);
  const run = tree.find((actor) => actor.kind === runKind && actor.id === id);
  if (run === undefined) {
    throw new SignalboxError('SB_NOT_FOUND', `There is no run "${id}"`, {
      next: 'List the runs with `signalbox status` or GET /api/runs; history may also be a moment behind.',
    });
  }
  return { run, members: tree.filter((actor) => actor !== run), throughSeq };
}

/** One message more than asked for tells whether there is more. */
async function pageEvents(
  history: HistoryReader,
  query: { readonly after: number; readonly limit: number; readonly run?: string | undefined },
): Promise<EventPage> {
  const through = await history.throughSeq();
  const { after, limit, run } = query;
  const rows = await history.listEvents(
    run === undefined ? { after, limit: limit + 1 } : { after, limit: limit + 1, tree: run },
  );
  const firstLeftOut = [...new Set(rows.map(({ seq }) => seq))][limit];
  const more = firstLeftOut !== undefined;
  const events = more ? rows.filter(({ seq }) => seq < firstLeftOut) : rows;
  const lastSeq = events.at(-1)?.seq ?? 0;
  return { events: [...events], throughSeq: more ? lastSeq : Math.max(through, lastSeq), more };
}

const requireReading: MiddlewareHandler = async (context, next) => {
  context.header('Cache-Control', 'no-store');
  if (context.req.method === 'GET' || context.req.method === 'HEAD') return next();
  context.header('Allow', 'GET, HEAD');
  return answerProblem(context, 405, {
    code: 'SB_REQUEST_REFUSED',
    message: `The interface is read-only, and this was a ${context.req.method}`,
    next: 'Steer and kill sessions in the console or with the `signalbox` command.',
  });
};
