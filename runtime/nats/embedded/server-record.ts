/**
 * Owns `server.json` in the data folder: which process is the embedded server, and how to connect to it. For the user
 * alone (0600), because it holds the passwords. It tells other commands where the running server is, and the next
 * start what an earlier one may have left behind.
 */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { SignalboxError } from '../../contract/errors.ts';
import { identifyProcess, isSameProcessAlive } from '../../processes/process-identity.ts';

const serverConnectionSchema = z.object({
  /** For NATS clients: `127.0.0.1:4222`. */
  url: z.string(),
  websocketUrl: z.string(),
  user: z.string(),
  password: z.string(),
  consoleUser: z.string(),
  consolePassword: z.string(),
});
export type ServerConnection = Readonly<z.infer<typeof serverConnectionSchema>>;

const serverRecordSchema = z.object({
  pid: z.number().int().positive(),
  startTicks: z.number().int().optional(),
  connection: serverConnectionSchema,
});
type ServerRecord = z.infer<typeof serverRecordSchema>;

/** How to connect to the server that runs on this folder, started by whichever process; undefined when none does. */
export async function readServerConnection(dataDir: string): Promise<ServerConnection | undefined> {
  const record = await readRecord(dataDir);
  return record !== undefined && isRunning(record) ? record.connection : undefined;
}

export async function writeServerRecord(
  dataDir: string,
  pid: number,
  connection: ServerConnection,
): Promise<void> {
  const record: ServerRecord = { ...identifyProcess(pid), connection };
  const draft = `${recordPath(dataDir)}.draft`;
  await writeFile(draft, JSON.stringify(record), { mode: 0o600 });
  await rename(draft, recordPath(dataDir));
}

export async function removeServerRecord(dataDir: string): Promise<void> {
  await rm(recordPath(dataDir), { force: true });
}

const leftoverTimeoutMs = 5_000;
const pollMs = 10;

/**
 * Waits for a server whose owner has died to be gone: two servers must never have one store open. Its guard has killed
 * it already, unless the guard was killed too. For the holder of the folder's lock only.
 */
export async function endLeftoverServer(dataDir: string): Promise<void> {
  const record = await readRecord(dataDir);
  if (record === undefined) return;
  // Without a start time the pid may by now be somebody else's: then it is waited for, not killed.
  if (isRunning(record) && record.startTicks !== undefined) killGroup(record.pid);
  for (let waitedMs = 0; isRunning(record); waitedMs += pollMs) {
    if (waitedMs >= leftoverTimeoutMs) {
      throw new SignalboxError(
        'SB_HOME_LOCKED',
        `process ${record.pid}, the NATS server of an earlier start, still has ${dataDir} open`,
        {
          retryable: true,
          next: `Stop it (kill ${record.pid}), or remove ${recordPath(dataDir)} if that is no nats-server.`,
        },
      );
    }
    await wait(pollMs);
  }
  await removeServerRecord(dataDir);
}

function recordPath(dataDir: string): string {
  return join(dataDir, 'server.json');
}

async function readRecord(dataDir: string): Promise<ServerRecord | undefined> {
  const text = await readFile(recordPath(dataDir), 'utf8').catch(() => '');
  try {
    return serverRecordSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function isRunning(record: ServerRecord): boolean {
  const { pid, startTicks } = record;
  return isSameProcessAlive(startTicks === undefined ? { pid } : { pid, startTicks });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // It ended by itself since we looked.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
