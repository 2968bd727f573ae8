/**
 * A whole runtime in memory, for tests of actors: the product's own worker on ports in memory, under a clock
 * that stands still until it is moved. Days pass in milliseconds, and a kill is one call.
 */
import type { ActorAddress } from '../contract/address.ts';
import type { CommandBody } from '../contract/command.ts';
import type { DeadLetter } from '../contract/dead-letter.ts';
import { formatAddress } from '../contract/address.ts';
import type { StoredEvent } from '../contract/event.ts';
import type { Json } from '../contract/json.ts';
import { describeCommit, type ActorState } from '../core/actor-state.ts';
import type { ActorDefinition } from '../core/definition.ts';
import { createRegistry } from '../core/registry.ts';
import type { RateLimits } from '../worker/effect-gates.ts';
import { silentLog } from '../worker/log.ts';
import { createWorker, type Worker } from '../worker/worker.ts';
import { createManualClock, settlePromises } from './manual-clock.ts';
import { createMemoryStorage } from './memory-storage.ts';
import { createSeverableProcess, type SeverableProcess } from './severed-storage.ts';

export interface TestRuntimeOptions {
  readonly actors: readonly ActorDefinition[];
  /** Milliseconds since 1970. Default: the first instant of 2026, UTC. */
  readonly startMs?: number;
  /** Of rate limits that effects name. Default: none. */
  readonly limits?: RateLimits;
}

export interface TestRuntime {
  readonly nowMs: number;
  /** Creates an actor; resolves when all that follows without the clock has happened. */
  start(address: ActorAddress, input: Json): Promise<void>;
  /** Delivers a command, likewise. With the id of an earlier one it is a repeat. */
  send(address: ActorAddress, command: CommandBody, commandId?: string): Promise<void>;
  /** Moves the clock; what comes due on the way happens in order. */
  advanceBy(durationMs: number): Promise<void>;
  /** Waits for what an effect does outside of promises (files, sockets), until the check holds. */
  until(check: () => boolean | Promise<boolean>): Promise<void>;
  /** Undefined for an actor that does not exist. */
  stateOf(address: ActorAddress): Promise<ActorState | undefined>;
  /** Everything that has happened, or all of one actor, oldest first. */
  listEvents(address?: ActorAddress): readonly StoredEvent[];
  listDeadLetters(): readonly DeadLetter[];
  /**
   * As `kill -9`: what is in memory is gone, whatever was under way outside goes on unheard. Another worker takes
   * over, at once and with the definitions given now (by default the same).
   */
  crash(actors?: readonly ActorDefinition[]): Promise<void>;
  stop(): Promise<void>;
}

const partitionCount = 2;
const concurrency = 16;
/** A worker's own housekeeping, which would run thousands of times while a test lets days pass. */
const centuryMs = 100 * 365 * 24 * 60 * 60 * 1_000;
/** Until a check holds, at most: turns of the event loop, so that a failing one ends soon. */
const mostTurns = 5_000;

/**
 * Ready when it resolves. Throws what `openRuntime` throws for actors that do not fit together. Effects are run for real:
 * give the actor's definition the outside world as an argument, and a test its own.
 */
export async function createTestRuntime(options: TestRuntimeOptions): Promise<TestRuntime> {
  const clock = createManualClock(options.startMs);
  const storage = createMemoryStorage({ clock, partitionCount, leaseTtlMs: centuryMs });
  let commands = 0;
  let hosting = await openWorker(options.actors);

  async function openWorker(actors: readonly ActorDefinition[]): Promise<{
    readonly worker: Worker;
    readonly process: SeverableProcess;
  }> {
    const registry = createRegistry(actors);
    const process = createSeverableProcess(storage, clock);
    const worker = createWorker({
      namespace: 'test',
      partitionCount,
      // Kept over a crash, as an installation keeps it: what the dead worker held is free at once.
      workerId: 'test',
      registry,
      clock: process.clock,
      storage: process.storage,
      log: silentLog,
      concurrency: Object.fromEntries([...registry.pools].map((pool) => [pool, concurrency])),
      limits: options.limits ?? {},
      // After a crash more is read again, and skipped: nothing depends on it.
      checkpointEveryMs: centuryMs,
    });
    await worker.start();
    await settlePromises();
    return { worker, process };
  }

  return {
    get nowMs() {
      return clock.nowMs();
    },
    start: async (address, input) => {
      await storage.commands.start(address, input, `start-${formatAddress(address)}`);
      await clock.advanceBy(0);
    },
    send: async (address, command, commandId = `command-${(commands += 1)}`) => {
      await storage.commands.deliver(address, command, commandId);
      await clock.advanceBy(0);
    },
    advanceBy: (durationMs) => clock.advanceBy(durationMs),
    until: async (check) => {
      for (let turn = 0; turn < mostTurns; turn += 1) {
        if (await check()) return;
        await clock.advanceBy(0);
      }
      throw new Error('what was waited for did not happen; does it need the clock to be moved?');
    },
    stateOf: async (address) => {
      const stored = await storage.commits.load(address);
      if (stored === undefined) return undefined;
      if (stored.status === 'unreadable') throw new Error(stored.reason);
      return describeCommit(stored.commit);
    },
    listEvents: (address) =>
      storage
        .listEvents()
        .filter(
          ({ kind, actor }) =>
            address === undefined || (kind === address.kind && actor === address.id),
        ),
    listDeadLetters: () => storage.listDeadLetters(),
    crash: async (actors = options.actors) => {
      hosting.process.sever();
      hosting = await openWorker(actors);
      await clock.advanceBy(0);
    },
    stop: () => hosting.worker.stop(),
  };
}
