/** The gateway's own pages, for when there is no console to show: plain text in plain elements, nothing inline. */
import type { Context } from 'hono';

/** Served without a login. */
export const styleSheetPath = '/login/page.css';

export const styleSheet = `:root { color-scheme: light dark; font-family: system-ui, sans-serif; }
main { margin: 15vh auto 0; max-width: 34rem; padding: 0 1.5rem; line-height: 1.5; }
h1 { font-size: 1.4rem; }
code { font-family: ui-monospace, monospace; }
button { font: inherit; padding: 0.5rem 1rem; }
`;

/** `title` and `body` are HTML, and ours: nothing that came from outside is put into them unchecked. */
export function renderPlainPage(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} · Signalbox</title>
<link rel="stylesheet" href="${styleSheetPath}">
</head>
<body><main><h1>${title}</h1>
${body}
</main></body>
</html>
`;
}

export function answerPage(
  context: Context,
  status: 200 | 401 | 405 | 503,
  html: string,
): Response {
  return context.body(html, status, {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-store',
  });
}
