/**
 * Who may open the console: one-time links and the sessions they are exchanged for. Only hashes are
 * kept, in files, so that a session outlives the process and `signalbox login` can mint a link from
 * another one. Knows nothing of HTTP but the name of the cookie and the form of the link.
 */
import { createHash } from 'node:crypto';
import { hashText } from '../../runtime/contract/subjects.ts';
import type { Clock } from '../gateway-options.ts';
import { openTicketStore, type TicketShelf, type TicketStore } from './ticket-store.ts';

/** Long enough to walk from a terminal to a browser. */
export const linkLifetimeMs = 15 * 60_000;
/** A month: the cookie is bound to one browser on, by default, one machine. */
export const sessionLifetimeMs = 30 * 24 * 60 * 60_000;
/** A start mints one link; a machine that restarts in a loop must not fill the folder. */
export const maxPendingLinks = 20;
export const maxSessions = 100;
/** 256 bit: guessing is hopeless, so a plain hash is enough and attempts need no count. */
const secretBytes = 32;
const secretPattern = /^[A-Za-z0-9_-]{43}$/;

interface LoginLink {
  readonly url: string;
  readonly token: string;
  /** ISO 8601, UTC. */
  readonly expiresAt: string;
}

type LoginExchange =
  | { readonly status: 'opened'; readonly session: string; readonly maxAgeSeconds: number }
  /** `unknown`: never minted, used before, or pushed out by newer ones. */
  | { readonly status: 'refused'; readonly reason: 'unknown' | 'expired' };

export interface LoginKeeper {
  /** Differs between data folders: cookies are shared by all ports of a host. */
  readonly cookieName: string;
  /** A link that opens the gateway at `gatewayUrl` once, within `linkLifetimeMs`. */
  mintLink(gatewayUrl: string): Promise<LoginLink>;
  /** Uses a link up. Of two calls with one token, in whatever process, one at most opens a session. */
  exchange(token: string): Promise<LoginExchange>;
  isOpen(session: string | undefined): Promise<boolean>;
}

export interface LoginKeeperOptions {
  /** Made when missing; nothing else may be kept in it. */
  readonly folder: string;
  readonly clock: Clock;
  readonly randomBytes: (size: number) => Uint8Array;
}

export function isLoginSecret(text: string): boolean {
  return secretPattern.test(text);
}

export function createLoginKeeper(options: LoginKeeperOptions): LoginKeeper {
  const { folder, clock } = options;
  const store = openTicketStore(folder);

  async function issue(shelf: TicketShelf, lifetimeMs: number, limit: number): Promise<Issued> {
    await makeRoom(store, shelf, { nowMs: clock.now(), limit: limit - 1 });
    const secret = Buffer.from(options.randomBytes(secretBytes)).toString('base64url');
    const expiresAtMs = clock.now() + lifetimeMs;
    await store.put(shelf, { hash: hashSecret(secret), expiresAtMs });
    return { secret, expiresAtMs };
  }

  return {
    cookieName: `signalbox_${hashText(folder).toString(16)}`,
    async mintLink(gatewayUrl) {
      const { secret, expiresAtMs } = await issue('links', linkLifetimeMs, maxPendingLinks);
      const url = new URL(`/login?token=${secret}`, gatewayUrl).href;
      return { url, token: secret, expiresAt: new Date(expiresAtMs).toISOString() };
    },
    async exchange(token) {
      const hash = hashSecret(token);
      const link = isLoginSecret(token) ? await store.find('links', hash) : undefined;
      if (link === undefined || !(await store.remove('links', hash))) {
        return { status: 'refused', reason: 'unknown' };
      }
      if (link.expiresAtMs <= clock.now()) return { status: 'refused', reason: 'expired' };
      const { secret } = await issue('sessions', sessionLifetimeMs, maxSessions);
      return { status: 'opened', session: secret, maxAgeSeconds: sessionLifetimeMs / 1000 };
    },
    async isOpen(session) {
      if (session === undefined || !isLoginSecret(session)) return false;
      const ticket = await store.find('sessions', hashSecret(session));
      return ticket !== undefined && ticket.expiresAtMs > clock.now();
    },
  };
}

interface Issued {
  readonly secret: string;
  readonly expiresAtMs: number;
}

function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Removes what has expired and, beyond the limit, what expires first. */
async function makeRoom(
  store: TicketStore,
  shelf: TicketShelf,
  bounds: { readonly nowMs: number; readonly limit: number },
): Promise<void> {
  const newestFirst = [...(await store.list(shelf))].sort((a, b) => b.expiresAtMs - a.expiresAtMs);
  const surplus = newestFirst.filter(
    (ticket, index) => index >= bounds.limit || ticket.expiresAtMs <= bounds.nowMs,
  );
  await Promise.all(surplus.map((ticket) => store.remove(shelf, ticket.hash)));
}
