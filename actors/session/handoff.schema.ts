/** The typed artifact that a session hands over: what decides is read from here, never from prose. */
import { z } from 'zod';

export const commitTypes = ['feat', 'fix', 'docs', 'refactor', 'test', 'perf', 'chore'] as const;

export const handoffSchema = z.strictObject({
  /** Title of the merge request. */
  title: z.string().trim().min(5).max(120),
  /** Body of the merge request, Markdown. */
  body: z.string().trim().min(20).max(16_000),
  commit: z.strictObject({
    type: z.enum(commitTypes),
    /** Imperative, without the type and without a full stop. */
    subject: z.string().trim().min(5).max(72),
  }),
  /** Every path that differs from the last commit, relative to the top of the repository. */
  filesChanged: z.array(z.string().min(1).max(1_000)).min(1).max(500),
  /** What was changed outside of the repository. Empty when nothing was. */
  sideEffects: z.array(z.string().min(1).max(500)).max(50),
});
export type Handoff = Readonly<z.infer<typeof handoffSchema>>;

/** Shown to an agent whose handoff was not accepted. */
export const handoffExample: Handoff = {
  title: 'Accept dates without a time zone',
  body: 'Dates without a zone are read as UTC now. Verified with `npm test` (exit code 0).',
  commit: { type: 'fix', subject: 'read dates without a zone as UTC' },
  filesChanged: ['src/date.ts', 'test/date.test.ts'],
  sideEffects: [],
};
