/** Restate: its server, a service of ten durable steps over the SDK, and a driver that calls it over the ingress. */
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { createRequire } from 'node:module';
import {
  chainLength,
  findFreePort,
  makeFolder,
  servePeer,
  startServer,
  waitUntilReady,
} from './peer.mjs';

// SDK 1.17 takes this for granted, and Node 20 does not have it.
Object.defineProperty(Promise, 'withResolvers', {
  value: () => {
    const parts = {};
    const promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
    return Object.assign(parts, { promise });
  },
});

await servePeer(async (undo) => {
  const folder = await makeFolder(undo);
  const [ingress, admin, fabric, service] = await Promise.all([
    findFreePort(),
    findFreePort(),
    findFreePort(),
    findFreePort(),
  ]);
  await startService(undo, service);
  const require = createRequire(import.meta.url);
  const binary = require.resolve(
    `@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`,
  );
  startServer(undo, binary, ['--base-dir', folder, '--node-name', 'bench'], {
    cwd: folder,
    env: {
      RESTATE_LISTEN_MODE: 'tcp',
      RESTATE_BIND_IP: '127.0.0.1',
      RESTATE_BIND_PORT: String(fabric),
      RESTATE_INGRESS__BIND_PORT: String(ingress),
      RESTATE_ADMIN__BIND_PORT: String(admin),
      RESTATE_DISABLE_TELEMETRY: 'true',
      RESTATE_LOG_FILTER: 'error',
      DO_NOT_TRACK: '1',
    },
  });
  const health = async (/** @type {number} */ port, /** @type {string} */ path) =>
    (await fetch(`http://127.0.0.1:${port}${path}`)).ok;
  await waitUntilReady('the Restate server', () => health(admin, '/health'));
  await waitUntilReady('the Restate ingress', () => health(ingress, '/restate/health'));
  const registered = await fetch(`http://127.0.0.1:${admin}/deployments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ uri: `http://127.0.0.1:${service}` }),
  });
  if (!registered.ok) throw new Error(`Restate refused the service: ${await registered.text()}`);
  const agent = new Agent({ keepAlive: true });
  undo.push(() => {
    agent.destroy();
  });
  return () => call(agent, ingress);
});

/**
 * @param {Array<() => Promise<void> | void>} undo
 * @param {number} port
 */
async function startService(undo, port) {
  const { createServer } = await import('node:http2');
  const restate = await import('@restatedev/restate-sdk');
  const chain = restate.service({
    name: 'chain',
    handlers: {
      run: async (/** @type {import('@restatedev/restate-sdk').Context} */ context) => {
        let step = 0;
        for (let index = 0; index < chainLength; index += 1) {
          const before = step;
          step = await context.run(`step-${index}`, () => Promise.resolve(before + 1));
        }
        return step;
      },
    },
  });
  // Its log of every invocation would be part of the figures.
  const logger = () => undefined;
  const handler = restate.createEndpointHandler({ services: [chain], bidirectional: true, logger });
  const server = createServer(handler).listen(port, '127.0.0.1');
  await once(server, 'listening');
  undo.push(() => {
    server.close();
  });
}

/**
 * @param {Agent} agent
 * @param {number} port
 * @returns {Promise<number>}
 */
function call(agent, port) {
  return new Promise((resolve, reject) => {
    const sent = request({ agent, port, host: '127.0.0.1', path: '/chain/run', method: 'POST' });
    sent.once('error', reject);
    sent.once('response', (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (/** @type {string} */ part) => (body += part));
      response.once('error', reject);
      response.once('end', () => {
        if (response.statusCode === 200) resolve(Number(body));
        else reject(new Error(`Restate answered ${response.statusCode}: ${body}`));
      });
    });
    sent.end();
  });
}
