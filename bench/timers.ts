/**
 * Timers: how fast they are set, what a great many that are pending cost the server, how long the audit takes to see
 * that none is missing, and how fast and how late those fire that come due at one time.
 */
import type { ActorAddress } from '../runtime/contract/address.ts';
import { findOwnersOfMissing } from '../runtime/core/timer-store.ts';
import type { WorkerObserver } from '../runtime/worker/worker-observer.ts';
import { alarm } from './alarm.machine.ts';
import type { Environment } from './environment.ts';
import { toFigures, type Figure, type Round } from './figure.ts';
import { runInLanes } from './in-lanes.ts';
import type { Scale } from './scale.ts';
import { readProcessRss } from './server-memory.ts';
import { percentile } from './statistics.ts';

const anHourMs = 3_600_000;
/** Actors that are started at once. */
const lanes = 64;

export async function measureTimers(
  environment: Environment,
  scale: Scale,
): Promise<readonly Figure[]> {
  const { server } = environment;
  const { each, pending, firing } = scale.timers;
  const watch = createRingWatch();
  const worker = await environment.startWorker(watch);
  const rssBefore = await readProcessRss(server.pid);
  const set = await setTimers(environment, watch, 'pending', pending, each, anHourMs);
  const rssAfter = await readProcessRss(server.pid);
  const audit = await timeAudit(environment);
  const fired = await fireTimers(environment, watch, scale);
  await worker.stop();

  const row = { benchmark: 'timers', syncMode: server.syncMode };
  return [
    ...toFigures({ ...row, subject: `set, ${each} by each actor`, actors: pending / each }, [set]),
    ...toFigures({ ...row, subject: 'server memory', actors: pending / each }, [
      { MB: rssAfter / 2 ** 20, 'bytes each': (rssAfter - rssBefore) / pending },
    ]),
    ...toFigures({ ...row, subject: 'audit of all partitions', actors: pending / each }, [audit]),
    ...toFigures({ ...row, subject: 'due at one time', actors: firing / each }, [fired]),
  ];
}

/** What is measured ends when the last timer is stored. */
async function setTimers(
  { storage, space }: Environment,
  watch: RingWatch,
  name: string,
  count: number,
  each: number,
  delayMs: number,
): Promise<Round> {
  const startedAt = performance.now();
  const actors = count / each;
  await runInLanes(actors, lanes, async (actor) => {
    const address: ActorAddress = { kind: alarm.kind, id: `${name}-${actor}` };
    const input = { timers: each, delayMs: delayMs - (performance.now() - startedAt) };
    const begun = watch.begun(address.id);
    await storage.commands.start(address, input, `start:${address.id}`);
    await begun;
  });
  let stored = 0;
  while (stored < count) {
    stored = 0;
    for (let partition = 0; partition < space.partitionCount; partition += 1) {
      const keys = await storage.timers.listStored(partition);
      stored += [...keys].filter((key) => key.startsWith(`${alarm.kind}.${name}-`)).length;
    }
  }
  return { 'timers/s': count / ((performance.now() - startedAt) / 1_000) };
}

async function timeAudit({ storage, space }: Environment): Promise<Round> {
  const startedAt = performance.now();
  for (let partition = 0; partition < space.partitionCount; partition += 1) {
    const owners = await storage.timers.listOwners(partition);
    const missing = findOwnersOfMissing(owners, await storage.timers.listStored(partition));
    if (missing.some(({ kind }) => kind === alarm.kind)) throw new Error('a timer is missing');
  }
  return { ms: performance.now() - startedAt };
}

async function fireTimers(
  environment: Environment,
  watch: RingWatch,
  { timers: { each, firing, leadMs } }: Scale,
): Promise<Round> {
  const dueMs = Date.now() + leadMs;
  const all = watch.rung(firing);
  await setTimers(environment, watch, 'firing', firing, each, leadMs);
  if (Date.now() > dueMs) throw new Error('the timers came due before all of them were set');
  const lateMs = (await all).map((atMs) => atMs - dueMs);
  const lastMs = Math.max(...lateMs);
  return {
    'timers/s': firing / (lastMs / 1_000),
    'p50 ms late': percentile(lateMs, 0.5),
    'p99 ms late': percentile(lateMs, 0.99),
  };
}

interface RingWatch extends WorkerObserver {
  /** Resolves when the actor has its first commit. */
  begun(actorId: string): Promise<void>;
  /** Resolves with the times of this many fires, from now on. */
  rung(count: number): Promise<readonly number[]>;
}

function createRingWatch(): RingWatch {
  const waiting = new Map<string, () => void>();
  let rings: number[] = [];
  let wanted = Infinity;
  let finish = (): void => undefined;
  return {
    committed: (address, commit) => {
      if (commit.n === 1) waiting.get(address.id)?.();
      const fires = commit.cause.filter((id) => id.endsWith(':fired')).length;
      if (fires === 0) return;
      rings.push(...Array.from({ length: fires }, () => Date.now()));
      if (rings.length >= wanted) finish();
    },
    begun: (actorId) =>
      new Promise((resolve) => {
        waiting.set(actorId, resolve);
      }),
    rung: (count) => {
      rings = [];
      wanted = count;
      return new Promise((resolve) => {
        finish = () => {
          resolve(rings);
        };
      });
    },
  };
}
