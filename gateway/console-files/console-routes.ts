/** Serves the built console: its files, and its one page for every route of the app. Behind the login. */
import { readFile } from 'node:fs/promises';
import { basename, sep } from 'node:path';
import { Hono, type Context } from 'hono';
import { getMimeType } from 'hono/utils/mime';
import { answerPage, renderPlainPage } from '../plain-page.ts';
import { answerProblem } from '../problem.ts';
import { findConsoleFile } from './find-file.ts';

/** Vite puts what it names by content into `assets/`: `index-B1x9_kQz.js`. */
const hashedName = /-[A-Za-z0-9_-]{8}\.[a-z0-9]+$/;
const yearSeconds = 31_536_000;

const notBuiltPage = renderPlainPage(
  'The console has not been built',
  `<p>Signalbox is running, but the folder of its web console holds no build.</p>
<p>Run <code>npm run build</code> in the project and reload this page.</p>`,
);

export function consoleRoutes(folder: string): Hono {
  const routes = new Hono();
  routes.get('/*', async (context) => {
    // The path of the URL: Hono's own may be decoded in part, and what is decoded twice can hide a "..".
    const path = new URL(context.req.url).pathname;
    const found = await findConsoleFile(folder, path);
    if (found.status === 'found') return sendFile(context, found.path);
    if (found.status === 'refused' || found.looksLikeFile) return refuseMissing(context);
    const start = await findConsoleFile(folder, '/index.html');
    if (start.status === 'found') return sendFile(context, start.path);
    return answerPage(context, 503, notBuiltPage);
  });
  routes.all('/*', (context) => {
    context.header('Allow', 'GET, HEAD');
    return answerProblem(context, 405, {
      code: 'SB_REQUEST_REFUSED',
      message: `Nothing here takes a ${context.req.method}`,
      next: 'Open the console with GET; deliveries are posted to /hooks/<trigger>.',
    });
  });
  return routes;
}

async function sendFile(context: Context, path: string): Promise<Response> {
  const content = await readFile(path);
  const immutable = path.includes(`${sep}assets${sep}`) && hashedName.test(basename(path));
  return context.body(new Uint8Array(content), 200, {
    'Content-Type': getMimeType(path) ?? 'application/octet-stream',
    // Private: it is served only to who has logged in.
    'Cache-Control': immutable ? `private, max-age=${yearSeconds}, immutable` : 'no-cache',
  });
}

function refuseMissing(context: Context): Response {
  return answerProblem(context, 404, {
    code: 'SB_NOT_FOUND',
    message: 'The console has no such file',
    next: 'Reload the page; after an update the names of files change.',
  });
}
