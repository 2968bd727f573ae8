/** One listening socket: opened with errors people can act on, closed without cutting off who is being served. */
import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { SignalboxError } from '../runtime/contract/errors.ts';

/** A delivery or a page is read in well under a second; a sender that takes longer is holding the socket. */
const requestTimeoutMs = 30_000;
/** How long a stop waits for answers under way; JetStream acknowledges far sooner. */
const closeGraceMs = 5000;

export interface HttpServer {
  readonly port: number;
  /** Answers what has begun, at most for the grace period, then ends every connection. Call once. */
  close(): Promise<void>;
}

/** Errors: `SB_PORT_IN_USE`, `SB_CONFIG_INVALID` (an address or a port that cannot be listened on). */
export async function openHttpServer(
  app: Hono,
  address: { readonly host: string; readonly port: number },
): Promise<HttpServer> {
  // Replacing the process's own Request and Response is not ours to do.
  const answer = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const server = createServer({ requestTimeout: requestTimeoutMs }, (incoming, outgoing) => {
    void answer(incoming, outgoing);
  });
  await listen(server, address);
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
  return { port, close: () => close(server) };
}

function listen(
  server: Server,
  address: { readonly host: string; readonly port: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException) => reject(explainListenError(error, address));
    server.once('error', refuse);
    server.listen({ host: address.host, port: address.port }, () => {
      server.off('error', refuse);
      resolve();
    });
  });
}

function explainListenError(
  error: NodeJS.ErrnoException,
  { host, port }: { readonly host: string; readonly port: number },
): Error {
  switch (error.code) {
    case 'EADDRINUSE':
      return new SignalboxError(
        'SB_PORT_IN_USE',
        `Port ${port} on ${host} is taken by another program`,
        {
          cause: error,
          next: `Stop that program (it may be another signalbox), or choose another port than ${port}.`,
        },
      );
    case 'EACCES':
      return new SignalboxError(
        'SB_CONFIG_INVALID',
        `Port ${port} needs rights this user does not have`,
        {
          cause: error,
          next: 'Choose a port above 1023.',
        },
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new SignalboxError(
        'SB_CONFIG_INVALID',
        `"${host}" is not an address of this machine`,
        {
          cause: error,
          next: 'Listen on 127.0.0.1, or on an address that this machine has.',
        },
      );
    default:
      return error;
  }
}

function close(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    const cut = setTimeout(() => server.closeAllConnections(), closeGraceMs);
    server.close((error) => {
      clearTimeout(cut);
      if (error === undefined) resolve();
      else reject(error);
    });
    server.closeIdleConnections();
  });
}
