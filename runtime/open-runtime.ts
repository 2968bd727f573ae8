/**
 * A whole runtime in one call: connection, streams, and a worker that hosts the given actors. What a program
 * with actors of its own needs; what a larger one wires by hand from the same parts.
 */
import { randomUUID } from 'node:crypto';
import { defaultPartitionCount } from './contract/subjects.ts';
import type { ActorDefinition } from './core/definition.ts';
import type { EventSource } from './core/event-source.ts';
import type { CommandSender } from './core/ports.ts';
import { createRegistry, type Registry } from './core/registry.ts';
import { openConnection, type Connection } from './nats/connection.ts';
import { openStorage } from './nats/open-storage.ts';
import { silentLog, type WorkerLog } from './worker/log.ts';
import { systemClock } from './worker/system-clock.ts';
import { createWorker } from './worker/worker.ts';

/** Effects run at once in a pool that has no number of its own. */
const defaultConcurrency = 8;

export interface RuntimeOptions {
  /** Of a NATS server with JetStream, 2.12 or newer. */
  readonly url: string;
  readonly user?: string;
  readonly password?: string;
  readonly actors: readonly ActorDefinition[];
  /** Keeps the actors of several programs on one server apart. Default: `default`. */
  readonly namespace?: string;
  /** Effects run at once, by pool. Default: 8 each. */
  readonly concurrency?: Readonly<Record<string, number>>;
  /** Copies of every stream: 1 on a single server (the default), 3 on a cluster. */
  readonly replicas?: number;
  readonly log?: WorkerLog;
}

export interface Runtime {
  readonly commands: CommandSender;
  /** What has happened, from any position on, and live. */
  readonly events: EventSource;
  /** Lets what is being written finish; effects under way are cut off and resumed by the next start. */
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
  const space = { namespace, partitionCount: defaultPartitionCount };
  const workerId = randomUUID();
  const storage = await openStorage({ connection, space, workerId, replicas, log });
  const worker = createWorker({
    ...space,
    workerId,
    registry,
    storage,
    log,
    clock: systemClock,
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
  let stopped: Promise<void> | undefined;
  const stopAll = async (): Promise<void> => {
    await worker.stop();
    await connection.close();
  };
  return {
    commands: storage.commands,
    events: storage.events,
    stop: () => (stopped ??= stopAll()),
  };
}
