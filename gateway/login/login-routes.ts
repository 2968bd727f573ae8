/**
 * The way in: `/login?token=…` and the guard on everything behind it. GET and HEAD change nothing, so a
 * link preview or a virus scanner cannot use a link up: the page posts the token, by itself where
 * scripts run and with one click where they do not.
 */
import { Hono, type Context, type MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import type { GatewayOptions } from '../gateway-options.ts';
import { answerProblem } from '../problem.ts';
import { readRequestBody } from '../request-body.ts';
import { isLoginSecret, type LoginKeeper } from './login-keeper.ts';
import { answerPage, styleSheet, styleSheetPath } from '../plain-page.ts';
import {
  continuePage,
  continueScript,
  continueScriptPath,
  linkRefusedPage,
  loginNeededPage,
} from './login-pages.ts';

/** The form holds one token of 43 characters. */
const maxFormBytes = 1024;

export type LoginServices = Pick<GatewayOptions, 'login' | 'log'>;

export function loginRoutes(services: LoginServices): Hono {
  const routes = new Hono();
  routes.get('/login', (context) => {
    const token = context.req.query('token');
    if (token === undefined) return answerPage(context, 401, loginNeededPage);
    if (!isLoginSecret(token)) return answerPage(context, 401, linkRefusedPage);
    // Under `no-referrer` a browser posts the form with `Origin: null`, which we refuse.
    context.header('Referrer-Policy', 'same-origin');
    return answerPage(context, 200, continuePage(token));
  });
  routes.post('/login', (context) => openSession(context, services));
  routes.all('/login', (context) => {
    context.header('Allow', 'GET, HEAD, POST');
    return answerPage(context, 405, loginNeededPage);
  });
  routes.get(styleSheetPath, (context) =>
    context.body(styleSheet, 200, { 'Content-Type': 'text/css; charset=utf-8' }),
  );
  routes.get(continueScriptPath, (context) =>
    context.body(continueScript, 200, { 'Content-Type': 'text/javascript; charset=utf-8' }),
  );
  return routes;
}

/** Lets only open sessions pass: pages get a page that says how to log in, `/api` gets JSON. */
export function requireLogin(login: LoginKeeper): MiddlewareHandler {
  return async (context, next) => {
    if (await login.isOpen(getCookie(context, login.cookieName))) return next();
    if (!context.req.path.startsWith('/api/')) return answerPage(context, 401, loginNeededPage);
    return answerProblem(context, 401, {
      code: 'SB_LOGIN_REQUIRED',
      message: 'The request has no valid login cookie',
      next: 'Open the link printed at start, or get a new one with `signalbox login`.',
    });
  };
}

async function openSession(context: Context, { login, log }: LoginServices): Promise<Response> {
  const token = await readToken(context);
  const exchange = token === undefined ? undefined : await login.exchange(token);
  if (exchange?.status !== 'opened') {
    log.warn('a login link was refused', { reason: exchange?.reason ?? 'no token' });
    // Whoever is in already (a reload, a second click) goes on; nobody else does.
    return (await login.isOpen(getCookie(context, login.cookieName)))
      ? context.redirect('/', 303)
      : answerPage(context, 401, linkRefusedPage);
  }
  log.info('a login link was used');
  setCookie(context, login.cookieName, exchange.session, {
    httpOnly: true,
    sameSite: 'Strict',
    path: '/',
    maxAge: exchange.maxAgeSeconds,
  });
  context.header('Cache-Control', 'no-store');
  return context.redirect('/', 303);
}

/** From a form, never from the URL: what a link says alone opens nothing. */
async function readToken(context: Context): Promise<string | undefined> {
  const contentType = context.req.header('Content-Type')?.split(';')[0]?.trim().toLowerCase();
  if (contentType !== 'application/x-www-form-urlencoded') return undefined;
  const body = await readRequestBody(context.req.raw, maxFormBytes);
  if (body.status !== 'read') return undefined;
  return new URLSearchParams(new TextDecoder().decode(body.bytes)).get('token') ?? undefined;
}
