/** Another engine in a process of its own (bench/peers): installing it, starting it, having it run closed loops. */
import { execFile, fork, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { repositoryRoot } from '../runtime/testing/repository-root.ts';
import type { Round } from './figure.ts';

const folder = join(repositoryRoot, 'bench', 'peers');

export interface Peer {
  /** Workflows in a closed loop, this many at once. */
  run(lanes: number, durationMs: number): Promise<Round>;
  stop(): Promise<void>;
}

/** Downloads what package-lock.json names into bench/peers/node_modules, unless it is there. */
export async function installPeers(): Promise<void> {
  if (existsSync(join(folder, 'node_modules', '.package-lock.json'))) return;
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  await promisify(execFile)('npm', args, { cwd: folder });
}

const answerSchema = z.union([
  z.object({ ready: z.literal(true) }),
  z.object({ failed: z.string() }),
  z.object({ round: z.object({ perSecond: z.number(), p50Ms: z.number(), p99Ms: z.number() }) }),
]);
type Answer = z.infer<typeof answerSchema>;

/** The engine, or why it does not run here. */
export async function startPeer(program: string): Promise<Peer | { readonly missing: string }> {
  const child = fork(join(folder, `${program}.mjs`), {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    // The machine is shared by all that is compared: no other settings for some of it.
    execArgv: [],
  });
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    if (child.connected) child.disconnect();
    await ended;
  };
  const first = await nextAnswer(child);
  if ('failed' in first) {
    await stop();
    return { missing: first.failed };
  }
  return {
    stop,
    run: async (lanes, durationMs) => {
      child.send({ lanes, durationMs });
      const answer = await nextAnswer(child);
      if (!('round' in answer)) throw new Error(`${program} gave another answer than a round`);
      const { perSecond, p50Ms, p99Ms } = answer.round;
      return { 'per second': perSecond, 'p50 ms': p50Ms, 'p99 ms': p99Ms };
    },
  };
}

function nextAnswer(child: ChildProcess): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const fail = (): void => {
      reject(new Error(`${child.spawnargs.at(-1) ?? 'a peer'} ended by itself`));
    };
    child.once('exit', fail);
    child.once('message', (message) => {
      child.off('exit', fail);
      resolve(answerSchema.parse(message));
    });
  });
}
