/**
 * `GET /metrics` for scrapers, which have no cookie: a bearer token instead, the same in every request. The login of a
 * console opens it as little as the token opens the console.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { Hono } from 'hono';
import { answerProblem } from '../problem.ts';

/** What is told, and to whom. */
export interface MetricsSource {
  readonly token: string;
  /** In the text format of Prometheus. */
  render(): Promise<string>;
  readonly contentType: string;
}

export const metricsPath = '/metrics';

export function metricsRoutes(source: MetricsSource): Hono {
  const routes = new Hono();
  routes.get(metricsPath, async (context) => {
    context.header('Cache-Control', 'no-store');
    if (!isBearer(context.req.header('Authorization'), source.token)) {
      context.header('WWW-Authenticate', 'Bearer');
      return answerProblem(context, 401, {
        code: 'SB_LOGIN_REQUIRED',
        message: 'Metrics are told to who has the token',
        next: 'Send `Authorization: Bearer TOKEN` with what is in `metrics-token` in the home folder.',
      });
    }
    const text = await source.render();
    return context.body(text, 200, { 'Content-Type': source.contentType });
  });
  return routes;
}

/** Hashes have one length, so that the time a refusal takes says nothing about the token. */
function isBearer(header: string | undefined, token: string): boolean {
  const [, given] = /^Bearer +(\S+)$/iu.exec(header ?? '') ?? [];
  return given !== undefined && timingSafeEqual(hash(given), hash(token));
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
