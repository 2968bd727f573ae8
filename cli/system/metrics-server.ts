/** Metrics of a worker that has no gateway: on loopback, with the same token. */
import { Hono } from 'hono';
import { openHttpServer, type HttpServer } from '../../gateway/http-server.ts';
import { metricsRoutes, type MetricsSource } from '../../gateway/metrics/metrics-routes.ts';
import { allowedHostHeaders, requireOwnOrigin } from '../../gateway/security/own-origin.ts';

const host = '127.0.0.1';

/** Port 0 lets the system choose. Errors: `SB_PORT_IN_USE`, `SB_CONFIG_INVALID`. */
export async function openMetricsServer(source: MetricsSource, port: number): Promise<HttpServer> {
  let allowed: ReadonlySet<string> = new Set();
  const app = new Hono();
  app.use(
    '*',
    requireOwnOrigin(() => allowed),
  );
  app.route('/', metricsRoutes(source));
  const server = await openHttpServer(app, { host, port });
  allowed = allowedHostHeaders(host, server.port, []);
  return server;
}
