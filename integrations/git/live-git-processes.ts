/**
 * Tells whether a git process is at work in certain folders: the orphan of a killed Signalbox, or a
 * person's. Read from /proc; where there is none (macOS), the answer is `unknown`.
 */
import { readFile, readdir, readlink } from 'node:fs/promises';
import { isAbsent } from './file-presence.ts';

export type GitActivity = 'none' | 'some' | 'unknown';

export async function findGitActivity(folders: readonly string[]): Promise<GitActivity> {
  const entries = await readdir('/proc').catch(absentAs<string[]>([]));
  const pids = entries.filter((entry) => /^\d+$/.test(entry));
  if (pids.length === 0) return 'unknown';
  let sawHidden = false;
  for (const pid of pids) {
    const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(absentAs(''));
    if (!name.startsWith('git')) continue;
    const work = await workOf(pid);
    if (work === undefined) sawHidden = true;
    else if (folders.some((folder) => work.includes(folder))) return 'some';
  }
  return sawHidden ? 'unknown' : 'none';
}

/** The working folder and the command line as one text; undefined for another user's process. */
async function workOf(pid: string): Promise<string | undefined> {
  try {
    const folder = await readlink(`/proc/${pid}/cwd`);
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8');
    return `${folder}\0${commandLine}`;
  } catch (error) {
    return isAbsent(error) ? '' : undefined;
  }
}

/** Processes end while they are being listed. */
function absentAs<Value>(value: Value): (error: unknown) => Value {
  return (error) => {
    if (isAbsent(error)) return value;
    throw error;
  };
}
