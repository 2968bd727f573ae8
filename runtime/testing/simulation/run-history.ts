/** Runs one history: workers, clients and faults by a plan, under virtual time, to its end; then checks what happened. */
import { createRegistry, type Registry } from '../../core/registry.ts';
import type { Clock, WorkerStorage } from '../../core/storage.ts';
import { silentLog } from '../../worker/log.ts';
import { createWorker, type Worker } from '../../worker/worker.ts';
import { createMemoryCommits } from '../memory-commits.ts';
import {
  createMemoryStorage,
  type MemoryStorage,
  type MemoryStorageOptions,
} from '../memory-storage.ts';
import type { Chronicle } from './chronicle.ts';
import { sendCommands } from './client.ts';
import { connectStorage } from './connect-storage.ts';
import { createFlowEffects, flowPool } from './flow.effects.ts';
import { defineFlow } from './flow.machine.ts';
import { checkInvariants, type Failure } from './invariants.ts';
import { ledger } from './ledger.machine.ts';
import type { Mutation } from './mutations.ts';
import { createNetwork, type Network } from './network.ts';
import type { Fault, Plan } from './plan.ts';
import { createRandom, type Random } from './random.ts';
import { recordCommits } from './recorded-commits.ts';
import { createSchedule, simulationStartMs, type Schedule } from './schedule.ts';
import { createProcess, type SimulatedProcess } from './simulated-process.ts';
import { listUnfinished } from './unfinished.ts';

export interface HistoryResult {
  readonly failures: readonly Failure[];
  readonly trace: readonly string[];
  readonly commits: number;
}

/** Everything must be done this long after the faults have stopped; what waits longest is a retry or a lease. */
const boundMs = 90_000;
const lookEveryMs = 250;
/** What may still come late and must not change anything: a request that was held up, an item given out again. */
const lingerMs = 4_000;
const stopBoundMs = 30_000;
const ackWaitMs = 3_000;
const restartMs = 500;
/** How late a stored timer fires at most. */
const timerLatenessMs = 250;

interface World {
  readonly plan: Plan;
  readonly schedule: Schedule;
  readonly network: Network;
  readonly random: Random;
  readonly store: WorkerStorage;
  readonly chronicle: Chronicle;
  readonly happened: Set<string>;
  readonly mutation: Mutation | undefined;
}

export async function runHistory(plan: Plan, mutation?: Mutation): Promise<HistoryResult> {
  const schedule = createSchedule(createRandom(plan.seed, 'order'));
  const calmAtMs = simulationStartMs + plan.calmAtMs;
  const network = createNetwork({
    schedule,
    random: createRandom(plan.seed, 'network'),
    faults: plan.network,
    calmAtMs,
    longestFlightMs: plan.duplicateWindowMs / 2,
  });
  const random = createRandom(plan.seed, 'world');
  const clock = createStoreClock(schedule, network, random);
  const { partitionCount, duplicateWindowMs } = plan;
  const memory = createMemoryStorage({ clock, partitionCount, duplicateWindowMs, ackWaitMs });
  const chronicle: Chronicle = {
    commits: [],
    answers: [],
    commands: [],
    executions: [],
    listEvents: () => memory.listEvents(),
  };
  const store = openStore(memory, { partitionCount }, chronicle, mutation);
  const happened = new Set<string>();
  const world = { plan, schedule, network, random, store, chronicle, happened, mutation };

  const client = createProcess('client', schedule);
  sendCommands({ plan, process: client, network, random, chronicle, sender: memory.commands });
  const slots = Array.from({ length: plan.workers }, (_, number) => createSlot(world, number));
  for (const fault of plan.faults) plant(world, fault);
  for (const slot of slots) slot.start();

  await schedule.runUntil(calmAtMs);
  for (const slot of slots) slot.start();
  const untilMs = calmAtMs + boundMs;
  while (schedule.nowMs() < untilMs && listUnfinished(chronicle, schedule.nowMs()).length > 0) {
    await schedule.runUntil(schedule.nowMs() + lookEveryMs);
  }
  await schedule.runUntil(schedule.nowMs() + lingerMs);
  const stopped = await stopAll(world, slots);
  client.kill();
  const failures = checkInvariants(chronicle, schedule.nowMs());
  return {
    failures: stopped ? failures : [...failures, neverStopped],
    trace: schedule.trace,
    commits: chronicle.commits.length,
  };
}

const neverStopped: Failure = {
  invariant: 'quiescence',
  message: `a worker that was told to stop had not done so after ${stopBoundMs} ms`,
};

/** The store in memory, with a record of its commits. They have no message ids (docs/adr/0039). */
function openStore(
  memory: MemoryStorage,
  { partitionCount }: Pick<MemoryStorageOptions, 'partitionCount'>,
  { commits }: Chronicle,
  mutation: Mutation | undefined,
): WorkerStorage {
  const available = async (): Promise<void> => undefined;
  const own = createMemoryCommits({ partitionCount, available });
  return {
    ...memory,
    commits: recordCommits(mutation?.alterCommits?.(own) ?? own, commits),
    timers: { ...memory.timers, listOwners: own.listTimerOwners },
  };
}

/** The store's own clock: stored timers are a little late, and wait while the store is away. */
function createStoreClock(schedule: Schedule, network: Network, random: Random): Clock {
  return {
    nowMs: () => schedule.nowMs(),
    schedule: (atMs, task) => {
      let cancel = (): void => undefined;
      const arm = (time: number): void => {
        cancel = schedule.at(time, undefined, () => {
          if (network.awayUntilMs > schedule.nowMs()) arm(network.awayUntilMs);
          else task();
        });
      };
      arm(Math.max(atMs, schedule.nowMs()) + random.integer(0, timerLatenessMs));
      return () => {
        cancel();
      };
    },
  };
}

/** The place of a worker: one process after the other. */
interface Slot {
  /** Unless one is running. */
  start(): void;
  stop(): Promise<void>;
}

function createSlot(world: World, number: number): Slot {
  const { plan, schedule } = world;
  const faults = plan.faults.filter((fault) => fault.type !== 'outage' && fault.worker === number);
  let started = 0;
  let current: { readonly process: SimulatedProcess; readonly worker: Worker } | undefined;

  const startLater = (afterMs: number): void => {
    schedule.at(schedule.nowMs() + afterMs, undefined, start);
  };
  const stop = async (): Promise<void> => {
    if (current === undefined || !current.process.alive) return;
    const { process, worker } = current;
    schedule.note(`${process.name} is told to stop`);
    await Promise.race([worker.stop(), whenDead(process)]);
    process.kill();
  };
  const ambush = (process: SimulatedProcess, fault: Fault): void => {
    if (fault.type === 'outage') return;
    process.beforeStep(fault.step, () => {
      if (schedule.nowMs() >= simulationStartMs + plan.calmAtMs) return;
      if (fault.type === 'pause') process.pause(fault.durationMs);
      else if (fault.type === 'kill') {
        process.kill();
        startLater(fault.backAfterMs);
      } else {
        void stop().then(() => {
          startLater(fault.backAfterMs);
        });
      }
    });
  };
  const start = (): void => {
    if (current?.process.alive === true) return;
    started += 1;
    const process = createProcess(`w${number}.${started}`, schedule);
    schedule.note(`${process.name} starts`);
    // One fault that ends a process each, and all pauses of the first.
    const ending = faults.filter((fault) => fault.type !== 'pause')[started - 1];
    if (ending !== undefined) ambush(process, ending);
    if (started === 1) {
      for (const fault of faults) if (fault.type === 'pause') ambush(process, fault);
    }
    const worker = openWorker(world, process);
    current = { process, worker };
    worker.start().catch(() => {
      // The process ends with the error, and whoever watches over it starts the next.
      process.kill();
      startLater(restartMs);
    });
  };
  return { start, stop };
}

function whenDead({ death }: SimulatedProcess): Promise<void> {
  return new Promise((resolve) => {
    death.addEventListener('abort', () => {
      resolve();
    });
  });
}

function openWorker(world: World, process: SimulatedProcess): Worker {
  const { plan, network, store, chronicle, random, happened, mutation } = world;
  const connected = connectStorage({ process, network, store, chronicle });
  const scene = { process, random, executions: chronicle.executions, happened };
  return createWorker({
    namespace: 'simulation',
    partitionCount: plan.partitionCount,
    workerId: process.name.replace('.', '-'),
    registry: openRegistry(scene, mutation),
    storage: mutation?.alterStorage?.(connected, store) ?? connected,
    clock: process.clock,
    log: silentLog,
    concurrency: { [flowPool]: 2 },
  });
}

function openRegistry(
  scene: Parameters<typeof createFlowEffects>[0],
  mutation: Mutation | undefined,
): Registry {
  const effects = createFlowEffects(scene);
  return createRegistry([ledger, defineFlow(mutation?.alterEffects?.(effects) ?? effects)]);
}

function plant({ schedule, network }: World, fault: Fault): void {
  if (fault.type !== 'outage') return;
  schedule.at(simulationStartMs + fault.atMs, undefined, () => {
    network.interrupt(fault.durationMs);
  });
}

async function stopAll({ schedule }: World, slots: readonly Slot[]): Promise<boolean> {
  let stopped = false;
  void Promise.all(slots.map((slot) => slot.stop())).then(() => {
    stopped = true;
  });
  await schedule.runUntil(schedule.nowMs() + stopBoundMs);
  return stopped;
}
