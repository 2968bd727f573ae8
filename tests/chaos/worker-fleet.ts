/** The workers of a run, each a process of its own. One that ends, whatever the reason, is started again with a new id. */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { repositoryRoot } from '../../runtime/testing/repository-root.ts';
import type { Takeovers } from './takeovers.ts';
import type { ClockShift, WorkerReport, WorkerSettings } from './worker-messages.ts';

const restartAfterMs = 500;
const stopTimeoutMs = 20_000;

export interface WorkerSlot {
  readonly name: string;
  /** Of the process that runs now. */
  readonly workerId: string;
  /** With -9; another is started in its place. `alone`: nothing else is going wrong. */
  kill(alone: boolean): void;
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  shiftClock(shiftMs: number): void;
}

export interface WorkerFleet {
  readonly slots: readonly WorkerSlot[];
  /** Processes that were started. */
  readonly started: number;
  /** Commits that were refused because another owner had committed. */
  readonly conflicts: number;
  /** Resolves when every slot has had a worker that was ready. */
  untilReady(): Promise<void>;
  stop(): Promise<void>;
}

export interface FleetOptions {
  readonly count: number;
  readonly url: string;
  readonly replicas: number;
  readonly executionsFile: string;
  readonly takeovers: Takeovers;
  readonly log: (line: string) => void;
}

export function startFleet(options: FleetOptions): WorkerFleet {
  const counts = { started: 0, conflicts: 0 };
  const runs = Array.from({ length: options.count }, (_, index) =>
    runSlot(`worker-${index + 1}`, options, counts),
  );
  return {
    slots: runs.map(({ slot }) => slot),
    get started() {
      return counts.started;
    },
    get conflicts() {
      return counts.conflicts;
    },
    untilReady: async () => {
      await Promise.all(runs.map(({ ready }) => ready));
    },
    stop: async () => {
      await Promise.all(runs.map((run) => run.stop()));
    },
  };
}

interface SlotRun {
  readonly slot: WorkerSlot;
  readonly ready: Promise<void>;
  stop(): Promise<void>;
}

function runSlot(
  name: string,
  options: FleetOptions,
  counts: { started: number; conflicts: number },
): SlotRun {
  const stopping = new AbortController();
  let shift: ClockShift = { shiftMs: 0 };
  let child: ChildProcess | undefined;
  let workerId = name;
  let sayReady = (): void => undefined;
  const ready = new Promise<void>((resolve) => {
    sayReady = resolve;
  });
  const hear = (from: string, message: WorkerReport): void => {
    if (message.type === 'ready') {
      options.log(`${from} is ready`);
      sayReady();
    } else if (message.type === 'committed') options.takeovers.committed(from, message.partition);
    else if (message.type === 'conflicted') counts.conflicts += 1;
    else options.log(`${from}: ${message.text}`);
  };
  const runOnce = async (): Promise<void> => {
    counts.started += 1;
    workerId = `${name}-${counts.started}`;
    const { url, replicas, executionsFile } = options;
    const settings: WorkerSettings = { url, replicas, workerId, executionsFile };
    const from = workerId;
    child = startProcess();
    child.on('message', (message: WorkerReport) => {
      hear(from, message);
    });
    const ended = once(child, 'exit');
    // A process that has ended already cannot be told anything.
    child.send(settings, () => undefined);
    child.send(shift, () => undefined);
    const [code, signal] = (await ended) as [number | null, string | null];
    options.log(`${from} ended (${signal ?? code})`);
  };
  const finished = (async () => {
    while (!stopping.signal.aborted) {
      await runOnce();
      await setTimeout(restartAfterMs, undefined, { signal: stopping.signal }).catch(
        () => undefined,
      );
    }
  })();
  return {
    ready,
    slot: {
      name,
      get workerId() {
        return workerId;
      },
      kill: (alone) => {
        options.takeovers.killed(workerId, alone);
        child?.kill('SIGKILL');
      },
      signal: (signal) => {
        child?.kill(signal);
      },
      shiftClock: (shiftMs) => {
        shift = { shiftMs };
        child?.send(shift, () => undefined);
      },
    },
    stop: async () => {
      stopping.abort();
      const running = child;
      if (running?.connected === true) running.disconnect();
      const late = new AbortController();
      const tooLate = setTimeout(stopTimeoutMs, 'late', { signal: late.signal }).catch(
        () => 'stopped',
      );
      const outcome = await Promise.race([finished, tooLate]);
      late.abort();
      if (outcome === 'late') running?.kill('SIGKILL');
      await finished;
    },
  };
}

/** The compiled program; from the sources, as tests run them, Vite compiles it. */
function startProcess(): ChildProcess {
  const here = fileURLToPath(import.meta.url);
  const stdio: ['ignore', 'inherit', 'inherit', 'ipc'] = ['ignore', 'inherit', 'inherit', 'ipc'];
  const options = { cwd: repositoryRoot, stdio };
  if (here.endsWith('.js')) return fork(join(dirname(here), 'worker-process.js'), options);
  const program = JSON.stringify(join(dirname(here), 'worker-process.ts'));
  const body = `import { runnerImport } from 'vite';
    await runnerImport(${program}, { configFile: false, logLevel: 'error' });`;
  return spawn(process.execPath, ['--input-type=module', '-e', body], options);
}
