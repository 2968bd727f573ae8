/** The proof records of a run, as the event `proofRecorded` carries them. */
import { z } from 'zod';
import type { StoredEvent } from '../../runtime/contract/event.ts';

const filesSchema = z.array(z.string());

const proofSchema = z.object({
  round: z.number(),
  verdict: z.string(),
  /** null: the run was told to run no tests. */
  command: z.string().nullable(),
  /** null: nothing was run, or it was ended by a signal or its deadline. */
  exitCode: z.number().nullable(),
  durationMs: z.number(),
  declaredFiles: filesSchema,
  changedFiles: filesSchema,
  undeclared: filesSchema,
  missing: filesSchema,
  sideEffects: filesSchema,
  /** Where the whole output is kept. */
  output: z.string().nullable(),
});
export type Proof = Readonly<z.infer<typeof proofSchema>> & { readonly at: string };

/** Oldest first; a record of an unknown shape is left to the timeline. */
export function listProofs(events: readonly StoredEvent[]): readonly Proof[] {
  return events.flatMap((event) => {
    if (event.type !== 'proofRecorded') return [];
    const parsed = proofSchema.safeParse(event.data);
    return parsed.success ? [{ ...parsed.data, at: event.at }] : [];
  });
}
