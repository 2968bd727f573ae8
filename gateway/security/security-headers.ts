/** Headers on every answer: what the console may load and reach, and that nobody may embed it. No CORS. */
import type { MiddlewareHandler } from 'hono';
import type { LiveAccess } from '../../runtime/contract/live.ts';

/** Nothing inline: Lit's styles are constructed style sheets, which a policy does not concern. */
export function contentSecurityPolicy(live: LiveAccess): string {
  return [
    "default-src 'self'",
    ["connect-src 'self'", ...liveOrigin(live)].join(' '),
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** How a browser names this machine. */
const loopbackHosts = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * Only a WebSocket address, and of it only scheme and host: the rest of a URL could end the directive.
 * On this machine the port is left open: a restart chooses another one, and a page that is open keeps
 * the policy it was loaded with.
 */
function liveOrigin(live: LiveAccess): readonly string[] {
  if (live.status !== 'available' || !URL.canParse(live.url)) return [];
  const { protocol, hostname, host } = new URL(live.url);
  if (protocol !== 'ws:' && protocol !== 'wss:') return [];
  return [`${protocol}//${loopbackHosts.has(hostname) ? `${hostname}:*` : host}`];
}

/** A route may have set a stricter or necessary other `Referrer-Policy`; it is kept. */
export function setSecurityHeaders(live: () => LiveAccess): MiddlewareHandler {
  return async (context, next) => {
    await next();
    const { headers } = context.res;
    headers.set('Content-Security-Policy', contentSecurityPolicy(live()));
    headers.set('X-Content-Type-Options', 'nosniff');
    headers.set('X-Frame-Options', 'DENY');
    // SameSite cookies count another port of this machine as the same site; these two do not.
    headers.set('Cross-Origin-Resource-Policy', 'same-origin');
    headers.set('Cross-Origin-Opener-Policy', 'same-origin');
    if (!headers.has('Referrer-Policy')) headers.set('Referrer-Policy', 'no-referrer');
  };
}
