/** What a worker counts, told by a worker on a storage in memory that does some of everything. */
import { afterEach, expect, it, vi } from 'vitest';
import { assign, emit, setup } from 'xstate';
import { z } from 'zod';
import { workerReportSchema } from '../contract/worker-report.ts';
import { SignalboxError } from '../contract/errors.ts';
import { defineActor, effectSource } from '../core/definition.ts';
import { poolEffect } from '../core/effect-definition.ts';
import { createRegistry } from '../core/registry.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { createMemoryStorage, type MemoryStorage } from '../testing/memory-storage.ts';
import { silentLog } from './log.ts';
import { createWorkerMetrics, type WorkerMetrics } from './metrics.ts';
import { timeStorage } from './timed-storage.ts';
import { createWorker, type Worker } from './worker.ts';
import { createReportWriter } from './write-report.ts';

const job = defineActor({
  kind: 'job',
  version: 1,
  machine: setup({
    types: {
      context: {} as { done: number },
      events: {} as { type: 'work' } | { type: 'break' } | { type: 'end' },
    },
    actors: { fetch: effectSource<null, number>() },
  }).createMachine({
    context: { done: 0 },
    initial: 'idle',
    states: {
      idle: {
        on: {
          work: 'working',
          end: 'ended',
          break: {
            actions: assign(() => {
              throw new Error('poison');
            }),
          },
        },
      },
      working: {
        invoke: {
          src: 'fetch',
          input: null,
          onDone: { target: 'idle', actions: emit({ type: 'worked' }) },
        },
      },
      ended: { type: 'final' },
    },
  }),
  effects: {
    fetch: poolEffect('net', {
      input: z.null(),
      deadlineMs: 60_000,
      whenUnknown: 'retry',
      retry: {
        maxAttempts: 2,
        backoff: { type: 'fixed', delayMs: 1_000 },
        maxDelayMs: 1_000,
        jitter: 'none',
      },
      run: async (_, { attempt }) => {
        if (attempt === 1) throw new SignalboxError('SB_MODEL_LIMIT', 'later', { retryable: true });
        return attempt;
      },
    }),
  },
});

let running: Worker | undefined;
afterEach(async () => {
  await running?.stop();
});

interface Watched {
  readonly storage: MemoryStorage;
  readonly metrics: WorkerMetrics;
  readonly worker: Worker;
  readonly clock: ReturnType<typeof createManualClock>;
  /** The value of one sample. */
  readonly read: (sample: string) => Promise<number | undefined>;
}

async function startWatched(): Promise<Watched> {
  const clock = createManualClock();
  const storage = createMemoryStorage({ clock, partitionCount: 1 });
  const metrics = createWorkerMetrics(clock);
  const worker = createWorker({
    namespace: 'test',
    partitionCount: 1,
    workerId: 'w1',
    registry: createRegistry([job]),
    storage: timeStorage(storage, metrics.timings, () => clock.nowMs()),
    clock,
    log: silentLog,
    concurrency: { net: 2 },
    observer: metrics.activity.observer,
  });
  metrics.watch(worker);
  await worker.start();
  running = worker;
  const read = async (sample: string): Promise<number | undefined> => {
    const line = (await metrics.render())
      .split('\n')
      .find((candidate) => candidate.startsWith(`${sample} `));
    return line === undefined ? undefined : Number(line.slice(sample.length + 1));
  };
  return { storage, metrics, worker, clock, read };
}

const address = { kind: 'job', id: 'j1' };

async function doSomeOfEverything({ storage, clock }: Watched): Promise<void> {
  await storage.commands.start(address, null, 'start');
  await storage.commands.start(address, null, 'start again');
  await storage.commands.deliver(address, { type: 'work' }, 'work');
  await storage.commands.deliver({ kind: 'job', id: 'nobody' }, { type: 'work' }, 'to nobody');
  await vi.waitFor(async () => {
    await clock.advanceBy(500);
    expect(storage.listEvents().map(({ type }) => type)).toContain('worked');
  });
  await storage.commands.deliver(address, { type: 'break' }, 'break');
  await vi.waitFor(async () => {
    await clock.advanceBy(500);
    expect(storage.listDeadLetters()).toHaveLength(1);
  });
}

it('counts commits, commands by their fate, events, and attempts of effects', async () => {
  const watched = await startWatched();
  await doSomeOfEverything(watched);
  const { read } = watched;
  const commands = (outcome: string) =>
    read(`signalbox_commands_total{kind="job",outcome="${outcome}"}`);
  await vi.waitFor(async () => {
    expect(await commands('dead_lettered')).toBe(1);
  });
  expect(await commands('applied')).toBe(3);
  expect(await commands('refused')).toBe(1);
  expect(await commands('ignored')).toBe(1);
  const attempts = (outcome: string) =>
    read(`signalbox_effect_attempts_total{kind="job",source="fetch",outcome="${outcome}"}`);
  expect(await attempts('failed')).toBe(1);
  expect(await attempts('done')).toBe(1);
  expect(await attempts('cut')).toBe(0);
  expect(await read('signalbox_effect_retries_total{kind="job",source="fetch"}')).toBe(1);
  expect(await read('signalbox_effects_running{pool="net"}')).toBe(0);
  expect(await read('signalbox_effects_running{pool="local"}')).toBe(0);
  const commits = await read('signalbox_commits_total{kind="job"}');
  expect(commits).toBeGreaterThanOrEqual(3);
  expect(await read('signalbox_commit_duration_seconds_count')).toBe(commits);
  expect(await read('signalbox_commit_commands_sum')).toBe(4);
  expect(await read('signalbox_partitions_owned')).toBe(1);
  expect(await read('signalbox_partition_claims_total')).toBe(1);
  expect(await read('signalbox_partition_lag_commands{partition="0"}')).toBe(0);
  await watched.clock.advanceBy(1_000);
  expect(await read('signalbox_checkpoint_age_seconds{partition="0"}')).toBe(0);
  expect(await read('signalbox_activation_duration_seconds_count')).toBeGreaterThan(0);
});

it('says for how long a stored checkpoint has been behind', async () => {
  const { storage, clock, read, worker } = await startWatched();
  const age = () => read('signalbox_checkpoint_age_seconds{partition="0"}');
  expect(await age()).toBe(0);
  await clock.advanceBy(300_000);
  expect(await age()).toBe(0);
  await storage.commands.start(address, null, 'start');
  await vi.waitFor(async () => {
    await clock.advanceBy(0);
    expect(worker.status().partitions[0]?.settledThrough).toBe(1);
  });
  expect(await age()).toBe(0);
  storage.disconnect();
  await clock.advanceBy(5_000);
  expect(await age()).toBe(5);
  storage.reconnect();
  await clock.advanceBy(5_000);
  expect(await age()).toBe(0);
});

it('has no label that grows with what the system holds', async () => {
  const watched = await startWatched();
  await doSomeOfEverything(watched);
  const text = await watched.metrics.render();
  for (const id of ['j1', 'nobody', 'start', 'break']) expect(text).not.toContain(`"${id}`);
});

it('leaves out a number that cannot be read, and tells the others', async () => {
  const { metrics, read } = await startWatched();
  let away = false;
  const answer = async (): Promise<number> => {
    if (away) throw new Error('the store is away');
    return 7;
  };
  metrics.addGauge('test_lag', 'one number', answer);
  metrics.addGauges(
    'test_queued',
    'by pool',
    'pool',
    async () => new Map([['net', await answer()]]),
  );
  expect([await read('test_lag'), await read('test_queued{pool="net"}')]).toEqual([7, 7]);
  away = true;
  expect([await read('test_lag'), await read('test_queued{pool="net"}')]).toEqual([
    undefined,
    undefined,
  ]);
  expect(await read('signalbox_partitions_owned')).toBe(1);
});

it('reports what is under way, and rates since the report before', async () => {
  const watched = await startWatched();
  const { storage, worker, clock, metrics } = watched;
  const write = createReportWriter({
    worker,
    activity: metrics.activity,
    nowMs: () => clock.nowMs(),
    pid: 4,
    memoryBytes: () => 5,
  });
  await storage.commands.start(address, null, 'start');
  await vi.waitFor(async () => {
    await clock.advanceBy(0);
    expect(metrics.activity.totals().commits).toBe(1);
  });
  await clock.advanceBy(2_000);
  const first = workerReportSchema.parse(write());
  expect(first.totals.commits).toBe(1);
  expect(first.perSecond.commits).toBe(0.5);
  expect(first.partitions).toMatchObject([{ partition: 0, lag: 0 }]);
  expect(first.pools).toEqual([{ pool: 'net', concurrency: 2, running: 0 }]);
  await clock.advanceBy(1_000);
  expect(workerReportSchema.parse(write()).perSecond).toEqual({
    commits: 0,
    commands: 0,
    events: 0,
  });
});

it('names the effects that take longest, the longest first', async () => {
  const clock = createManualClock();
  const { activity } = createWorkerMetrics(clock);
  const start = (effectId: string, attempt = 1): void => {
    const actor = address;
    activity.observer.attemptStarted?.({ actor, effectId, source: 'fetch', pool: 'net', attempt });
  };
  for (let index = 0; index < 12; index += 1) {
    start(`e${index}`);
    await clock.advanceBy(1_000);
  }
  const write = createReportWriter({
    worker: { status: () => ({ workerId: 'w1', partitions: [], pools: [] }), hosted: 0 },
    activity,
    nowMs: () => clock.nowMs(),
    pid: 4,
    memoryBytes: () => 5,
  });
  const { slowest } = write();
  expect(slowest.map(({ effectId }) => effectId)).toEqual(
    Array.from({ length: 10 }, (_, index) => `e${index}`),
  );
});
