/**
 * Tells processes apart. A pid alone is not an identity, because the kernel hands it out again: where the system says
 * when a process started (Linux, `/proc`), pid and start time together are one.
 */
import { readFileSync } from 'node:fs';

export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks after boot, as the kernel counts; absent where the system does not say. */
  readonly startTicks?: number;
}

export function identifyProcess(pid: number): ProcessIdentity {
  const startTicks = readStat(pid)?.startTicks;
  return startTicks === undefined ? { pid } : { pid, startTicks };
}

/** A zombie counts as ended: it runs nothing and holds nothing. */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, under another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  const state = readStat(pid)?.state;
  return state !== 'Z' && state !== 'X';
}

/** Whether the very process that was identified still runs, and not a later one with its pid. */
export function isSameProcessAlive(identity: ProcessIdentity): boolean {
  if (!isProcessAlive(identity.pid)) return false;
  const startTicks = readStat(identity.pid)?.startTicks;
  return (
    identity.startTicks === undefined ||
    startTicks === undefined ||
    startTicks === identity.startTicks
  );
}

function readStat(
  pid: number,
): { readonly state: string; readonly startTicks: number } | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The second field is the program's name in brackets and may hold anything, brackets included.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const startTicks = Number(fields[19]);
  return fields[0] === undefined || !Number.isSafeInteger(startTicks)
    ? undefined
    : { state: fields[0], startTicks };
}
