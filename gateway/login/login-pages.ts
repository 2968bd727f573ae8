/** The pages of the login. */
import { renderPlainPage } from '../plain-page.ts';
import { linkLifetimeMs } from './login-keeper.ts';

export const continueScriptPath = '/login/continue.js';

export const loginNeededPage = renderPlainPage(
  'Log in',
  `<p>This console opens with a one-time link from the machine Signalbox runs on.</p>
<p>Use the link printed at start, or get a new one there with <code>signalbox login</code>.</p>`,
);

export const linkRefusedPage = renderPlainPage(
  'This link does not open the console',
  `<p>It has been used before, or it is older than ${linkLifetimeMs / 60_000} minutes.</p>
<p>Get a new one on the machine Signalbox runs on with <code>signalbox login</code>.</p>`,
);

/** `token` must have passed `isLoginSecret`: it is put into the page as it is. */
export function continuePage(token: string): string {
  return renderPlainPage(
    'Opening the console',
    `<form method="post" action="/login">
<input type="hidden" name="token" value="${token}">
<button type="submit">Open the console</button>
</form>
<script src="${continueScriptPath}" defer></script>`,
  );
}

/** A page a browser renders before it is asked for must not use the link up. */
export const continueScript = `const form = document.querySelector('form');
const open = () => form.requestSubmit();
if (document.prerendering) document.addEventListener('prerenderingchange', open, { once: true });
else open();
`;
