/**
 * The HTTP gateway: webhooks in, read model and console out. Owns the socket and nothing else: every
 * fact it shows and every command it passes on goes through the ports it is given.
 */
import type { GatewayOptions } from './gateway-options.ts';
import { openHttpServer, type HttpServer } from './http-server.ts';
import { buildRoutes } from './routes.ts';
import { allowedHostHeaders } from './security/own-origin.ts';

/** Loopback: who wants others to reach the gateway says so. */
const defaultHost = '127.0.0.1';

interface GatewayAddress {
  /** Without a slash at the end. Where a browser on this machine finds the gateway. */
  readonly url: string;
  readonly port: number;
}

export interface Gateway {
  /** Resolves once connections are taken; a repeated call gives the same address. Errors: `SB_PORT_IN_USE`, `SB_CONFIG_INVALID`. */
  start(): Promise<GatewayAddress>;
  /** Resolves once the port is free. A stopped gateway can be started again. */
  stop(): Promise<void>;
}

interface Running {
  readonly server: HttpServer;
  readonly address: GatewayAddress;
}

export function createGateway(options: GatewayOptions): Gateway {
  let running: Promise<Running> | undefined;
  let stopping: Promise<void> | undefined;

  async function open(): Promise<Running> {
    await stopping;
    const host = options.host ?? defaultHost;
    let allowed: ReadonlySet<string> = new Set();
    const app = buildRoutes(options, () => allowed);
    const server = await openHttpServer(app, { host, port: options.port });
    allowed = allowedHostHeaders(host, server.port, options.allowedHosts ?? []);
    const address = { url: `http://${reachableName(host)}:${server.port}`, port: server.port };
    options.log.info('gateway listening', { url: address.url, host });
    return { server, address };
  }

  return {
    async start() {
      const opening = running ?? open();
      running = opening;
      try {
        return (await opening).address;
      } catch (error) {
        // A start that failed is forgotten, so that the next one tries again.
        if (running === opening) running = undefined;
        throw error;
      }
    },
    async stop() {
      const opened = running;
      running = undefined;
      // A start that failed has told its caller so; there is nothing to stop.
      if (opened !== undefined) {
        stopping = opened.then(
          ({ server }) => server.close(),
          () => undefined,
        );
      }
      await stopping;
    },
  };
}

function reachableName(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
