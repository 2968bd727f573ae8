/** What a running system tells other commands of the same user about itself: a 0600 file in the home folder. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { describeError, SignalboxError } from '../../runtime/contract/errors.ts';
import { identifyProcess, isSameProcessAlive } from '../../runtime/processes/process-identity.ts';

const systemRecordSchema = z.object({
  pid: z.number().int().positive(),
  startTicks: z.number().int().optional(),
  startedAt: z.string(),
  gatewayUrl: z.string(),
  namespace: z.string(),
  partitionCount: z.number().int().positive(),
  nats: z.object({ url: z.string(), user: z.string().optional(), password: z.string().optional() }),
});
export type SystemRecord = Readonly<z.infer<typeof systemRecordSchema>>;

export async function writeSystemRecord(
  file: string,
  record: Omit<SystemRecord, 'pid' | 'startTicks'>,
): Promise<void> {
  const draft = `${file}.draft`;
  // A file that is there already would keep the rights it has.
  await rm(draft, { force: true });
  await writeFile(draft, JSON.stringify({ ...identifyProcess(process.pid), ...record }), {
    mode: 0o600,
  });
  await rename(draft, file);
}

export async function removeSystemRecord(file: string): Promise<void> {
  await rm(file, { force: true });
}

/** The system that runs on this home now; undefined when none does. Throws `SB_CONFIG_INVALID` when the file does not say. */
export async function readSystemRecord(file: string): Promise<SystemRecord | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    // No file: no system has run here, or the last one ended in good order.
    return undefined;
  }
  const record = parseRecord(file, text);
  const { pid, startTicks } = record;
  const alive = isSameProcessAlive(startTicks === undefined ? { pid } : { pid, startTicks });
  return alive ? record : undefined;
}

function parseRecord(file: string, text: string): SystemRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refuseDamaged(file, describeError(error));
  }
  const parsed = systemRecordSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw refuseDamaged(file, problems.join('; '));
}

function refuseDamaged(file: string, reason: string): SignalboxError {
  return new SignalboxError('SB_CONFIG_INVALID', `${file} is damaged: ${reason}`, {
    next: 'Remove it and start the system again.',
  });
}
