/**
 * Refuses requests that came by a name that is not ours (DNS rebinding: a web page's own host name made
 * to point at loopback) or from a page that is not ours. Applies to every route, `/healthz` included.
 */
import type { MiddlewareHandler } from 'hono';
import { answerProblem } from '../problem.ts';

const loopbackNames = ['127.0.0.1', 'localhost', '[::1]'];
const anyAddress = new Set(['0.0.0.0', '::']);

/** The Host headers a gateway on `host` and `port` answers to, in lower case. */
export function allowedHostHeaders(
  host: string,
  port: number,
  extra: readonly string[],
): ReadonlySet<string> {
  const literal = host.includes(':') ? `[${host}]` : host;
  // "Any address" is no name: who listens there says by which names it is reached.
  const names = anyAddress.has(host) ? loopbackNames : [...loopbackNames, literal];
  const withPort = names.map((name) => `${name}:${port}`);
  // Browsers leave out the default port.
  const withoutPort = port === 80 ? names : [];
  return new Set([...withPort, ...withoutPort, ...extra].map((name) => name.toLowerCase()));
}

/** An Origin is ours when it names the very host the request came by. `null` (sandboxes, files) is not. */
export function isOwnOrigin(origin: string, host: string): boolean {
  const lower = origin.toLowerCase();
  return lower === `http://${host.toLowerCase()}` || lower === `https://${host.toLowerCase()}`;
}

/** `allowed` is asked per request: the port may be known only once the server listens. */
export function requireOwnOrigin(allowed: () => ReadonlySet<string>): MiddlewareHandler {
  return async (context, next) => {
    const host = context.req.header('Host') ?? '';
    if (!allowed().has(host.toLowerCase())) {
      return answerProblem(context, 403, {
        code: 'SB_REQUEST_REFUSED',
        message: 'The gateway does not answer to the host name this request came by',
        next: 'Use the address printed at start, or add the name to the allowed hosts.',
      });
    }
    const origin = context.req.header('Origin');
    if (origin !== undefined && !isOwnOrigin(origin, host)) {
      return answerProblem(context, 403, {
        code: 'SB_REQUEST_REFUSED',
        message: 'The request came from a web page that is not the console',
        next: 'Open the console at the address printed at start.',
      });
    }
    return next();
  };
}
