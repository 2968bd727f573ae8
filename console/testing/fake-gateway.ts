/**
 * The gateway as the console sees it, for tests and screenshots: real HTTP with the real content security
 * policy, real streams on a real nats-server, and a test's hand on what goes wrong: history that lags,
 * connections that are cut, a login that is not known.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { isInTree } from '../../runtime/contract/actor-tree.ts';
import type { Json } from '../../runtime/contract/json.ts';
import type { ActorSummary } from '../../runtime/contract/run-view.ts';
import { foldIntoList } from '../folds/actor-summary.ts';
import { startCuttableProxy, type CuttableProxy } from './cuttable-proxy.ts';
import { consoleUser, startNats } from './nats-process.ts';
import { namespace, openStreams, type StoredStreams } from './stored-streams.ts';

export interface FakeGateway {
  readonly origin: string;
  readonly streams: StoredStreams;
  /** Between the browser and the WebSocket listener. */
  readonly proxy: CuttableProxy;
  readonly behaviour: Behaviour;
  /** Paths of REST requests, in order. */
  readonly requests: readonly string[];
  stop(): Promise<void>;
}

export interface Behaviour {
  isLoggedIn: boolean;
  isLiveOffered: boolean;
  /** History has folded nothing beyond this position of EVENTS. */
  historyThrough: number;
  /** Entries, or messages with events, in one page. */
  pageSize: number;
  reply: (command: unknown) => Json;
}

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

/** `consoleFolder` holds a build of the console; `natsServer` is the program to run. */
export async function startFakeGateway(
  consoleFolder: string,
  natsServer: string,
): Promise<FakeGateway> {
  const nats = await startNats(natsServer);
  const streams = await openStreams(nats.url);
  const proxy = await startCuttableProxy(nats.webSocketPort);
  const requests: string[] = [];
  const behaviour: Behaviour = {
    isLoggedIn: true,
    isLiveOffered: true,
    historyThrough: Number.MAX_SAFE_INTEGER,
    pageSize: 50,
    reply: () => ({ status: 'refused', reason: 'the test expects no command' }),
  };
  streams.answerCommands((command) => behaviour.reply(command));
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    response.setHeader('Content-Security-Policy', policy(proxy.port));
    if (!url.pathname.startsWith('/api/')) return sendFile(response, consoleFolder, url.pathname);
    requests.push(`${url.pathname}${url.search}`);
    if (!behaviour.isLoggedIn) return sendJson(response, 401, { error: { message: 'Log in' } });
    const body = answer(url, streams, behaviour, proxy.port);
    sendJson(
      response,
      body === undefined ? 404 : 200,
      body ?? { error: { message: 'No such thing' } },
    );
  };
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the gateway has no port');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    streams,
    proxy,
    behaviour,
    requests,
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
      await proxy.stop();
      await streams.stop();
      await nats.stop();
    },
  };
}

function policy(webSocketPort: number): string {
  return [
    "default-src 'self'",
    `connect-src 'self' ws://127.0.0.1:${webSocketPort}`,
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function answer(
  url: URL,
  streams: StoredStreams,
  behaviour: Behaviour,
  webSocketPort: number,
): unknown {
  const known = streams.events.filter(({ seq }) => seq <= behaviour.historyThrough);
  const throughSeq = known.at(-1)?.seq ?? 0;
  const after = Number(url.searchParams.get('after') ?? 0);
  const transcript = /^\/api\/sessions\/([^/]+)\/transcript$/u.exec(url.pathname);
  if (transcript !== null) {
    const session = decodeURIComponent(transcript[1] ?? '');
    const entries = streams.entries.filter((entry) => entry.session === session);
    const left = entries.filter(({ seq }) => seq > after);
    const page = left.slice(0, behaviour.pageSize);
    const more = left.length > page.length;
    return { entries: page, throughSeq: (more ? page : entries).at(-1)?.seq ?? 0, more };
  }
  switch (url.pathname) {
    case '/api/actors': {
      const actors = known.reduce<readonly ActorSummary[]>(
        (list, event) => foldIntoList(list, event, 'first'),
        [],
      );
      return { actors, throughSeq };
    }
    case '/api/events': {
      const run = url.searchParams.get('run');
      const left = known.filter(
        ({ seq, actor }) => seq > after && (run === null || isInTree(run, actor)),
      );
      const firstLeftOut = [...new Set(left.map(({ seq }) => seq))][behaviour.pageSize];
      const more = firstLeftOut !== undefined;
      const page = more ? left.filter(({ seq }) => seq < firstLeftOut) : left;
      return { events: page, throughSeq: more ? (page.at(-1)?.seq ?? 0) : throughSeq, more };
    }
    case '/api/live':
      return behaviour.isLiveOffered
        ? { status: 'available', url: `ws://127.0.0.1:${webSocketPort}`, namespace, ...consoleUser }
        : { status: 'unavailable', reason: 'the NATS server has no WebSocket listener' };
    default:
      return undefined;
  }
}

async function sendFile(response: ServerResponse, folder: string, path: string): Promise<void> {
  const file = join(folder, extname(path) === '' ? 'index.html' : path);
  try {
    const content = await readFile(file);
    response.setHeader('Content-Type', contentTypes[extname(file)] ?? 'application/octet-stream');
    response.end(content);
  } catch {
    sendJson(response, 404, { error: { message: 'No such file' } });
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify(body));
}
