/** What another process holds in memory, where the platform tells. */
import { readFile } from 'node:fs/promises';

/** In bytes. Linux tells of other processes; elsewhere it is not known, and shown as 0. */
export async function readProcessRss(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1_024;
}
