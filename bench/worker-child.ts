/** Workers in processes of their own, seen from the benchmark. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { repositoryRoot } from '../runtime/testing/repository-root.ts';
import type { Environment } from './environment.ts';
import type { WorkerFacts, WorkerQuestion, WorkerSettings } from './worker-messages.ts';

export interface WorkerChild {
  facts(question?: WorkerQuestion): Promise<WorkerFacts>;
  /** With -9: nothing is handed over. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export async function startWorkerChild(
  { server, space }: Environment,
  workerId: string,
): Promise<WorkerChild> {
  const child = spawn(process.execPath, ['--expose-gc', ...programArguments()], {
    cwd: repositoryRoot,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit');
  const { url, user, password } = server.connection;
  const settings: WorkerSettings = { url, user, password, ...space, workerId };
  await ask(child, settings);
  return {
    facts: async (question = 'facts') => (await ask(child, question)) as WorkerFacts,
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
    stop: async () => {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

/** The compiled program; from the sources, as tests run them, Vite compiles it. */
function programArguments(): readonly string[] {
  const here = fileURLToPath(import.meta.url);
  if (here.endsWith('.js')) return [join(dirname(here), 'worker-process.js')];
  const program = JSON.stringify(join(dirname(here), 'worker-process.ts'));
  return [
    '--input-type=module',
    '-e',
    `import { runnerImport } from 'vite';
     await runnerImport(${program}, { configFile: false, logLevel: 'error' });`,
  ];
}

/** A message to the process and its answer. */
async function ask(
  child: ChildProcess,
  question: WorkerSettings | WorkerQuestion,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const fail = (): void => {
      reject(new Error('a worker process ended by itself'));
    };
    child.once('exit', fail);
    child.once('message', (answer) => {
      child.off('exit', fail);
      resolve(answer);
    });
    child.send(question);
  });
}
