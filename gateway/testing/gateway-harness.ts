/** A gateway over fakes of its ports, with a clock that stands still and its own temporary folders. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LiveAccess } from '../../runtime/contract/live.ts';
import { createGateway, type Gateway } from '../gateway.ts';
import type { GatewayOptions } from '../gateway-options.ts';
import { createLoginKeeper, type LoginKeeper } from '../login/login-keeper.ts';
import { createMemoryHistory, type MemoryHistory } from './memory-history.ts';
import { sendPlainRequest, type PlainAnswer, type PlainRequest } from './plain-request.ts';
import { createRecordedCommands, type RecordedCommands } from './recorded-commands.ts';

export const demoSecret = 'a secret of the demo trigger';

export const liveAccess: LiveAccess = {
  status: 'available',
  url: 'ws://127.0.0.1:9333/',
  user: 'console',
  password: 'console-password',
  namespace: 'test',
  inboxPrefix: '_INBOX_console',
};

interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

export interface GatewayParts {
  readonly folder: string;
  readonly options: GatewayOptions;
  readonly history: MemoryHistory;
  readonly commands: RecordedCommands;
  readonly login: LoginKeeper;
  readonly clock: { time: number; now(): number };
  readonly logged: readonly LogLine[];
  remove(): Promise<void>;
}

/** The options of a gateway on a free port, and the fakes behind them. */
export async function prepareGateway(
  overrides: Partial<GatewayOptions> = {},
): Promise<GatewayParts> {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-gateway-'));
  const clock = {
    time: Date.UTC(2026, 0, 1),
    now() {
      return this.time;
    },
  };
  const logged: LogLine[] = [];
  const write = (level: LogLine['level']) => (message: string, facts?: LogLine['facts']) => {
    logged.push({ level, message, facts: facts ?? {} });
  };
  const history = createMemoryHistory();
  const commands = createRecordedCommands();
  const login = createLoginKeeper({ folder: join(folder, 'login'), clock, randomBytes });
  const options: GatewayOptions = {
    port: 0,
    history,
    commands,
    transcripts: {
      page: () => Promise.resolve({ entries: [], throughSeq: 0, more: false }),
    },
    live: () => liveAccess,
    health: () => Promise.resolve({ status: 'ok', checks: {} }),
    webhooks: { secretOf: (trigger) => (trigger === 'demo' ? demoSecret : undefined) },
    consoleFolder: join(folder, 'console'),
    login,
    metrics: {
      token: 'metrics-token-of-the-tests',
      contentType: 'text/plain; version=0.0.4; charset=utf-8',
      render: () => Promise.resolve('signalbox_commits_total 1\n'),
    },
    log: { info: write('info'), warn: write('warn'), error: write('error') },
    clock,
    newId: () => 'reference-1',
    ...overrides,
  };
  const remove = () => rm(folder, { recursive: true, force: true });
  return { folder, options, history, commands, login, clock, logged, remove };
}

export interface RunningGateway extends GatewayParts {
  readonly gateway: Gateway;
  readonly url: string;
  readonly port: number;
  /** Sends the request as somebody who has not logged in. */
  send(request: PlainRequest): Promise<PlainAnswer>;
  /** Sends the request with the cookie of an open session. */
  sendLoggedIn(request: PlainRequest): Promise<PlainAnswer>;
  /** Stops the gateway and removes its folders. */
  end(): Promise<void>;
}

export async function startTestGateway(
  overrides: Partial<GatewayOptions> = {},
): Promise<RunningGateway> {
  const parts = await prepareGateway(overrides);
  const gateway = createGateway(parts.options);
  const { url, port } = await gateway.start();
  const send = (request: PlainRequest) => sendPlainRequest(port, request);
  let cookie: string | undefined;
  return {
    ...parts,
    gateway,
    url,
    port,
    send,
    async sendLoggedIn(request) {
      cookie ??= await openSession(parts.login);
      return send({ ...request, headers: { Cookie: cookie, ...request.headers } });
    },
    async end() {
      await gateway.stop();
      await parts.remove();
    },
  };
}

/** A `Cookie` header of a session opened without HTTP. */
async function openSession(login: LoginKeeper): Promise<string> {
  const { token } = await login.mintLink('http://127.0.0.1');
  const exchange = await login.exchange(token);
  if (exchange.status !== 'opened') throw new Error('a fresh link was refused');
  return `${login.cookieName}=${exchange.session}`;
}
