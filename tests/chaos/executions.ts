/**
 * Every execution of an effect, as a line in a file that is on the disk before the effect goes on: what an effect has
 * done outside of the system, which no crash of a worker takes back.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { z } from 'zod';

const executionSchema = z.object({
  effectId: z.string(),
  actor: z.string(),
  source: z.string(),
  workerId: z.string(),
});
export type Execution = Readonly<z.infer<typeof executionSchema>>;

export function recordExecution(file: string, execution: Execution): void {
  const descriptor = openSync(file, 'a');
  try {
    writeSync(descriptor, `${JSON.stringify(execution)}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

export function readExecutions(file: string): readonly Execution[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => executionSchema.parse(JSON.parse(line)));
}
