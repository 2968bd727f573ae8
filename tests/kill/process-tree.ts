/**
 * Kills a process with everything below it so that nothing cleans up behind: all are stopped first, then killed.
 * Reads `/proc`: Linux only.
 */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import {
  identifyProcess,
  isSameProcessAlive,
  type ProcessIdentity,
} from '../../runtime/processes/process-identity.ts';

const pollMs = 5;
const deathTimeoutMs = 10_000;

/** The process and its descendants, in whatever groups and sessions they are. */
export function listTree(root: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const { pid, parent } of listProcesses()) {
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

/** Resolves with all that were killed, when they are dead. */
export async function killTree(root: number): Promise<readonly ProcessIdentity[]> {
  const stopped = new Map<number, ProcessIdentity>();
  for (;;) {
    // A process that was started between two looks is seen by the next one; a stopped one starts none.
    const fresh = listTree(root).filter((pid) => !stopped.has(pid));
    if (fresh.length === 0) break;
    for (const pid of fresh) {
      stopped.set(pid, identifyProcess(pid));
      signal(pid, 'SIGSTOP');
    }
  }
  for (const pid of stopped.keys()) signal(pid, 'SIGKILL');
  await untilDead([...stopped.values()]);
  return [...stopped.values()];
}

export async function untilDead(processes: readonly ProcessIdentity[]): Promise<void> {
  for (let waitedMs = 0; waitedMs < deathTimeoutMs; waitedMs += pollMs) {
    if (!processes.some(isSameProcessAlive)) return;
    await wait(pollMs);
  }
  const alive = processes.filter(isSameProcessAlive).map(({ pid }) => describeProcess(pid));
  throw new Error(`still alive after ${deathTimeoutMs} ms: ${alive.join(' | ')}`);
}

/** Processes that work in the folder or name it on their command line. */
export function findProcessesOf(folder: string): readonly string[] {
  return listProcesses()
    .filter(
      ({ pid }) =>
        pid !== process.pid &&
        (readCwd(pid).startsWith(folder) || readCommandLine(pid).includes(folder)),
    )
    .map(({ pid }) => describeProcess(pid));
}

function describeProcess(pid: number): string {
  return `${pid} ${readCommandLine(pid)} (in ${readCwd(pid)})`;
}

function signal(pid: number, name: 'SIGSTOP' | 'SIGKILL'): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It ended by itself since it was listed.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function listProcesses(): readonly { readonly pid: number; readonly parent: number }[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/u.test(name)) return [];
    const stat = readProc(`/proc/${name}/stat`);
    // The program's name in brackets may hold anything; behind it come the state and the parent.
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    return stat === '' ? [] : [{ pid: Number(name), parent }];
  });
}

function readCommandLine(pid: number): string {
  return readProc(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
}

function readCwd(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

/** Empty for a process that has ended since it was listed. */
function readProc(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
