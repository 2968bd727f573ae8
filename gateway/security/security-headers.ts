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

/** Only a WebSocket address, and of it only scheme and host: the rest of a URL could end the directive. */
function liveOrigin(live: LiveAccess): readonly string[] {
  if (live.status !== 'available' || !URL.canParse(live.url)) return [];
  const url = new URL(live.url);
  return url.protocol === 'ws:' || url.protocol === 'wss:' ? [`${url.protocol}//${url.host}`] : [];
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
