/**
 * A whole runtime in one call: connection, streams, and a worker that hosts the given actors. What a program
 * with actors of its own needs; what a larger one wires by hand from the same parts.
 */
import { randomUUID } from 'node:crypto';
import { formatAddress, type ActorAddress } from './contract/address.ts';
import { SignalboxError } from './contract/errors.ts';
import { defaultPartitionCount } from './contract/subjects.ts';
import { describeCommit, type ActorState } from './core/actor-state.ts';
import type { ActorDefinition } from './core/definition.ts';
import type { EventSource } from './core/event-source.ts';
import type { OperatorCommands } from './core/ports.ts';
import { createRegistry, type Registry } from './core/registry.ts';
import { answerWorkerRequests } from './nats/backup/worker-requests.ts';
import type { ExportedState } from './core/state-export.ts';
import { readLastCommits } from './nats/commit-export.ts';
import { openConnection, type Connection } from './nats/connection.ts';
import { startDailyShrink } from './nats/daily-shrink.ts';
import type { DeadLetters } from './nats/dead-letters.ts';
import { openStorage, type Storage } from './nats/open-storage.ts';
import { defaultRetention, type Retention } from './nats/retention.ts';
import type { RateLimits } from './worker/effect-gates.ts';
import { silentLog, type WorkerLog } from './worker/log.ts';
import { systemClock } from './worker/system-clock.ts';
import { createWorker } from './worker/worker.ts';
import type { Tracer } from './core/tracer.ts';
import type { WorkerObserver } from './worker/worker-observer.ts';
import { createWriteGate } from './worker/write-gate.ts';

/** Effects run at once in a pool that has no number of its own. */
const defaultConcurrency = 8;

export interface RuntimeOptions {
  /** Of a NATS server with JetStream, 2.12 or newer; of a cluster, all with commas in between. */
  readonly url: string;
  readonly user?: string;
  readonly password?: string;
  readonly actors: readonly ActorDefinition[];
  /** Keeps the actors of several programs on one server apart. Default: `default`. */
  readonly namespace?: string;
  /**
   * One letter-digit-dash token that no other living program has. One that is kept over restarts gets back at once
   * what the program held when it died; with a new one (the default) that takes some seconds.
   */
  readonly workerId?: string;
  /** Whether actors are hosted here. Default: true. */
  readonly hostsActors?: boolean;
  /** Pools whose effects are run here. Default: all of them. */
  readonly pools?: readonly string[];
  /** Effects run at once, by pool. Default: 8 each. */
  readonly concurrency?: Readonly<Record<string, number>>;
  /** Of rate limits that effects name, by bucket; the same in every program on the server. docs/effects.md */
  readonly limits?: RateLimits;
  /** Copies of every stream, the same in every program on the server: 1 (the default), 3 on a cluster. */
  readonly replicas?: number;
  /** How long `stop` waits for short effects under way. Default: not at all. */
  readonly stopGraceMs?: number;
  readonly log?: WorkerLog;
  /** Told of every commit and every attempt of an effect; counts and returns. */
  readonly observer?: WorkerObserver;
  /** Without one nothing is traced. */
  readonly tracer?: Tracer;
  /** How long things are kept; the same in every program on the server. Default: `defaultRetention`. */
  readonly retention?: Retention;
}

export interface Runtime {
  readonly commands: OperatorCommands;
  /** Commands that were given up. docs/operations.md */
  readonly deadLetters: DeadLetters;
  /** The last state of every actor, for the gate of a change. docs/changing-machines.md */
  exportStates(): AsyncIterable<ExportedState>;
  /** What has happened, from any position on, and live; of all namespaces on the server. */
  readonly events: EventSource;
  /**
   * An actor as its last commit has it; undefined for one that does not exist. For people and for tests: it may have moved
   * on already. Errors: `SB_NATS_UNAVAILABLE`, `SB_PROTOCOL` for a state that cannot be read.
   */
  stateOf(address: ActorAddress): Promise<ActorState | undefined>;
  /** Lets what is being written finish; effects under way are cut off after `stopGraceMs` and resumed by the next start. */
  stop(): Promise<void>;
}

/** Throws `SB_NATS_UNAVAILABLE`, and `SB_CONFIG_INVALID` or `SB_KIND_UNKNOWN` for actors that do not fit together. */
export async function openRuntime(options: RuntimeOptions): Promise<Runtime> {
  const registry = createRegistry(options.actors);
  const connection = await openConnection({
    url: options.url,
    name: 'signalbox runtime',
    ...(options.user === undefined ? {} : { user: options.user }),
    ...(options.password === undefined ? {} : { password: options.password }),
  });
  try {
    return await startRuntime(options, registry, connection);
  } catch (error) {
    await connection.close();
    throw error;
  }
}

async function startRuntime(
  options: RuntimeOptions,
  registry: Registry,
  connection: Connection,
): Promise<Runtime> {
  const { namespace = 'default', replicas = 1, log = silentLog } = options;
  const { hostsActors = true, retention = defaultRetention } = options;
  const space = { namespace, partitionCount: defaultPartitionCount };
  const { workerId = randomUUID() } = options;
  const storage = await openStorage({
    connection,
    space,
    replicas,
    log,
    retention,
  });
  const gate = createWriteGate(storage, systemClock);
  const worker = createWorker({
    ...space,
    workerId,
    registry,
    storage: gate.storage,
    log,
    clock: systemClock,
    hostsActors,
    ...(options.pools === undefined ? {} : { pools: options.pools }),
    ...(options.stopGraceMs === undefined ? {} : { stopGraceMs: options.stopGraceMs }),
    ...(options.observer === undefined ? {} : { observer: options.observer }),
    ...(options.tracer === undefined ? {} : { tracer: options.tracer }),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    concurrency: {
      ...Object.fromEntries([...registry.pools].map((pool) => [pool, defaultConcurrency])),
      ...options.concurrency,
    },
  });
  try {
    await worker.start();
  } catch (error) {
    await worker.stop();
    throw error;
  }
  const stopAnswering = answerWorkerRequests(
    connection,
    { namespace, workerId, gate, worker },
    log,
  );
  const stopShrinking = hostsActors
    ? startDailyShrink(storage, retention, log)
    : () => Promise.resolve();
  let stopped: Promise<void> | undefined;
  const stopAll = async (): Promise<void> => {
    stopAnswering();
    await stopShrinking();
    await worker.stop();
    await connection.close();
  };
  return {
    commands: storage.commands,
    deadLetters: storage.deadLetters,
    exportStates: () => readLastCommits(connection, space),
    events: storage.events,
    stateOf: (address) => readState(storage, address),
    stop: () => (stopped ??= stopAll()),
  };
}

async function readState(
  { commits }: Pick<Storage, 'commits'>,
  address: ActorAddress,
): Promise<ActorState | undefined> {
  const stored = await commits.load(address);
  if (stored === undefined) return undefined;
  if (stored.status === 'stored') return describeCommit(stored.commit);
  const name = formatAddress(address);
  throw new SignalboxError('SB_PROTOCOL', `the state of ${name} cannot be read: ${stored.reason}`, {
    next: 'Newer code may be able to; docs/operations.md has actors that stand still.',
  });
}
