/** The proof record, as the event `proofRecorded` carries it. Keys that are missing are simply not shown. */
import { z } from 'zod';
import type { StoredEvent } from '../../runtime/contract/event.ts';

const filesSchema = z.array(z.string()).optional();

const proofSchema = z.object({
  command: z
    .union([z.string(), z.array(z.string()).transform((words) => words.join(' '))])
    .optional(),
  exitCode: z.number().nullable().optional(),
  durationMs: z.number().optional(),
  declaredFiles: filesSchema,
  changedFiles: filesSchema,
  undeclared: filesSchema,
  missing: filesSchema,
  verdict: z.string().optional(),
});
export type Proof = Readonly<z.infer<typeof proofSchema>> & { readonly at: string };

/** The records of a run, oldest first; a record of an unknown shape is left to the timeline. */
export function listProofs(events: readonly StoredEvent[]): readonly Proof[] {
  return events.flatMap((event) => {
    if (event.type !== 'proofRecorded') return [];
    const parsed = proofSchema.safeParse(event.data['proof'] ?? event.data);
    return parsed.success ? [{ ...parsed.data, at: event.at }] : [];
  });
}
