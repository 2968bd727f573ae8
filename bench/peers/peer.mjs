/**
 * What the programs of the peers share. Each one brings its engine up, tells its parent so, runs the closed
 * loops it is asked for, and brings the engine down when its parent is gone.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// The very loop that measures ours; `npm run bench` has compiled it.
/** @type {unknown} */
const compiled = await import(new URL('../../dist/bench/closed-loop.js', import.meta.url).href);
const { runClosedLoop } = /** @type {typeof import('../closed-loop.ts')} */ (compiled);

/** Steps of the workflow, each a trivial effect. */
export const chainLength = 10;

/** How long an engine may take to come up. */
const startTimeoutMs = 60_000;

/**
 * @param {(undo: Array<() => Promise<void> | void>) => Promise<() => Promise<number>>} start brings the engine up,
 *   notes how to bring it down, and returns a turn: one workflow from start to end, resolving with its result
 */
export async function servePeer(start) {
  /** @type {Array<() => Promise<void> | void>} */
  const undo = [];
  const stop = async () => {
    for (let task = undo.pop(); task !== undefined; task = undo.pop()) await task();
    process.exit();
  };
  process.once('disconnect', () => void stop());
  process.once('SIGTERM', () => void stop());
  try {
    const turn = await start(undo);
    process.on('message', async (/** @type {{ lanes: number, durationMs: number }} */ request) => {
      const { lanes, durationMs } = request;
      const round = await runClosedLoop(lanes, durationMs, async () => {
        const result = await turn();
        if (result !== chainLength) throw new Error(`the workflow ended with ${result}`);
      });
      process.send?.({ round });
    });
    process.send?.({ ready: true });
  } catch (error) {
    process.send?.({ failed: error instanceof Error ? error.message : String(error) });
    await stop();
  }
}

/** @param {Array<() => Promise<void> | void>} undo */
export async function makeFolder(undo) {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-peer-'));
  undo.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * @param {Array<() => Promise<void> | void>} undo
 * @param {string} program
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 */
export function startServer(undo, program, args, options) {
  const server = spawn(program, args, { ...options, stdio: 'ignore' });
  const ended = new Promise((resolve) => {
    server.once('exit', resolve);
    server.once('error', resolve);
  });
  undo.push(async () => {
    server.kill('SIGINT');
    await ended;
  });
}

export async function findFreePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('there is no free port');
  return address.port;
}

/**
 * @param {string} what
 * @param {() => Promise<boolean>} isReady
 */
export async function waitUntilReady(what, isReady) {
  const giveUpAt = Date.now() + startTimeoutMs;
  while (!(await isReady().catch(() => false))) {
    if (Date.now() > giveUpAt) throw new Error(`${what} did not come up`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
