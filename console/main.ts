/** Starts the console: makes the transport, the router and the frame, and connects them. */
import './app/without-eval.ts';
import './app/console.ts';
import { createAccessStore } from './app/access.ts';
import { Console } from './app/console.ts';
import { browserClock } from './clock/clock.ts';
import { startRouter } from './router/router.ts';
import { LiveConnection } from './transport/live.ts';
import { openNatsLink } from './transport/nats-link.ts';
import { createRest } from './transport/rest.ts';

const access = createAccessStore(browserClock.now());
const heard = (): void => access.trigger.heard({ nowMs: browserClock.now() });
const rest = createRest({
  fetch: (address, init) => fetch(address, init),
  heard,
  loginRequired: () => access.trigger.refused(),
});
const live = new LiveConnection({
  fetchAccess: () => rest.fetchLiveAccess(),
  openLink: openNatsLink,
  heard,
  clock: browserClock,
});
const frame = document.querySelector('sb-console');
if (frame instanceof Console) {
  const services = {
    rest,
    live,
    router: startRouter(window),
    clock: browserClock,
    newId: () => crypto.randomUUID(),
  };
  frame.connect(services, access);
  live.start();
}
