/** A worker in a process of its own, for tests that kill and pause it. Says on standard output what it meets. */
import { assign, setup } from 'xstate';
import { defineActor } from '../core/definition.ts';
import { createRegistry } from '../core/registry.ts';
import { openConnection, type ConnectionSettings } from '../nats/connection.ts';
import { openStorage } from '../nats/open-storage.ts';
import { silentLog } from '../worker/log.ts';
import { systemClock } from '../worker/system-clock.ts';
import { createWorker } from '../worker/worker.ts';

/** Keeps the number of every command it has applied, so that one that is missing or there twice shows. */
const defineLedger = (pause: () => void) =>
  defineActor({
    kind: 'ledger',
    version: 1,
    machine: setup({
      types: {
        context: {} as { entries: number[] },
        events: {} as { type: 'enter'; entry: number } | { type: 'pause' },
      },
    }).createMachine({
      context: { entries: [] },
      on: {
        enter: {
          actions: assign({
            entries: ({ context, event }) => [...context.entries, event.entry],
          }),
        },
        pause: { actions: assign(() => (pause(), {})) },
      },
    }),
  });

export interface WorkerProgram {
  readonly connection: Omit<ConnectionSettings, 'name'>;
  readonly namespace: string;
  readonly partitionCount: number;
  readonly workerId: string;
  /** Stops the process with SIGSTOP in the middle of applying `pause`; what it commits after SIGCONT comes late. */
  readonly pauses: boolean;
}

/** Until SIGTERM. Lines: `ready`, `conflict`. */
export async function runWorker(program: WorkerProgram): Promise<void> {
  const { namespace, partitionCount, workerId } = program;
  const say = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  const pause = (): void => {
    if (program.pauses) process.kill(process.pid, 'SIGSTOP');
  };
  const connection = await openConnection({ ...program.connection, name: workerId });
  const space = { namespace, partitionCount };
  const storage = await openStorage({ connection, space, replicas: 1, log: silentLog });
  const worker = createWorker({
    ...space,
    workerId,
    storage,
    registry: createRegistry([defineLedger(pause)]),
    clock: systemClock,
    log: silentLog,
    concurrency: {},
    observer: {
      conflicted: () => {
        say('conflict');
      },
    },
  });
  process.once('SIGTERM', () => {
    void worker.stop().then(() => connection.close());
  });
  await worker.start();
  say('ready');
}
