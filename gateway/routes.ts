/** The whole of the gateway as one Hono app, without a socket: which guard stands before which routes. */
import { Hono } from 'hono';
import { describeError } from '../runtime/contract/errors.ts';
import { readRoutes } from './api/read-routes.ts';
import { consoleRoutes } from './console-files/console-routes.ts';
import type { GatewayOptions } from './gateway-options.ts';
import { hookRoutes } from './hooks/receive-delivery.ts';
import { loginRoutes, requireLogin } from './login/login-routes.ts';
import { metricsRoutes } from './metrics/metrics-routes.ts';
import { answerError } from './problem.ts';
import { requireOwnOrigin } from './security/own-origin.ts';
import { setSecurityHeaders } from './security/security-headers.ts';

/** Order is the policy: what stands above the login guard is open to whoever reaches the port by our name. */
export function buildRoutes(
  options: GatewayOptions,
  allowedHosts: () => ReadonlySet<string>,
): Hono {
  const app = new Hono();
  app.onError((error, context) => answerError(context, error, options));
  app.use('*', setSecurityHeaders(options.live));
  app.use('*', requireOwnOrigin(allowedHosts));
  app.get('/healthz', async (context) => {
    const status = await readStatus(options);
    context.header('Cache-Control', 'no-store');
    return context.json({ status }, status === 'ok' ? 200 : 503);
  });
  app.route('/', hookRoutes(options));
  app.route('/', loginRoutes(options));
  app.route('/', metricsRoutes(options.metrics));
  app.use('*', requireLogin(options.login));
  app.route('/', readRoutes(options));
  app.route('/', consoleRoutes(options.consoleFolder));
  return app;
}

/** A check that cannot be made is one that failed; who asks without a login learns no more than that. */
async function readStatus({ health, log }: GatewayOptions): Promise<'ok' | 'degraded'> {
  try {
    return (await health()).status;
  } catch (error) {
    log.error('the health check failed', { error: describeError(error) });
    return 'degraded';
  }
}
