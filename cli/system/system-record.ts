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
  await writeFile(draft, JSON.stringify({ ...identifyProcess(process.pid), ...record }), {
    mode: 0o600,
  });
  await rename(draft, file);
}

export async function removeSystemRecord(file: string): Promise<void> {
  await rm(file, { force: true });
}

/** The system that runs on this home now; undefined when none does. */
export async function readSystemRecord(file: string): Promise<SystemRecord | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    // No file: no system has run here, or the last one ended in good order.
    return undefined;
  }
  const parsed = systemRecordSchema.safeParse(parseJson(file, text));
  if (!parsed.success) return undefined;
  const { pid, startTicks } = parsed.data;
  const alive = isSameProcessAlive(startTicks === undefined ? { pid } : { pid, startTicks });
  return alive ? parsed.data : undefined;
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SignalboxError('SB_CONFIG_INVALID', `${file} is damaged: ${describeError(error)}`, {
      next: 'Remove it and start the system again.',
    });
  }
}
