/** The proof record: what was verified for a change and what came of it. Pure. */
import { z } from 'zod';
import type { ChangedFile } from '../ports/repository.ts';

export const proofRecordSchema = z.object({
  run: z.string(),
  round: z.number().int(),
  /** null: the run was told to run no tests. */
  command: z.string().nullable(),
  /** null: no command was run, or it was ended by a signal or its deadline. */
  exitCode: z.number().int().nullable(),
  /** How the command ended, in words. */
  ended: z.string(),
  durationMs: z.number(),
  /** Key of the command's whole output. */
  output: z.string().nullable(),
  declaredFiles: z.array(z.string()),
  changedFiles: z.array(z.string()),
  /** Changed and not declared. */
  undeclared: z.array(z.string()),
  /** Declared and not changed. */
  missing: z.array(z.string()),
  sideEffects: z.array(z.string()),
  verdict: z.enum(['passed', 'failed']),
});
export type ProofRecord = Readonly<z.infer<typeof proofRecordSchema>>;

export interface TestRun {
  readonly command: string;
  readonly exitCode: number | null;
  readonly ended: string;
  readonly durationMs: number;
  readonly output: string;
}

export function createProofRecord(facts: {
  readonly run: string;
  readonly round: number;
  readonly tests: TestRun | null;
  readonly declared: readonly string[];
  readonly changed: readonly ChangedFile[];
  readonly sideEffects: readonly string[];
}): ProofRecord {
  const { run, round, tests } = facts;
  const declaredFiles = [...new Set(facts.declared)].sort();
  const changedFiles = facts.changed.map(({ path }) => path).sort();
  const undeclared = changedFiles.filter((path) => !declaredFiles.includes(path));
  const missing = declaredFiles.filter((path) => !changedFiles.includes(path));
  const testsPassed = tests === null || tests.exitCode === 0;
  const filesAgree = undeclared.length === 0 && missing.length === 0 && changedFiles.length > 0;
  return {
    run,
    round,
    command: tests?.command ?? null,
    exitCode: tests?.exitCode ?? null,
    ended: tests?.ended ?? 'no tests were asked for',
    durationMs: tests?.durationMs ?? 0,
    output: tests?.output ?? null,
    declaredFiles,
    changedFiles,
    undeclared,
    missing,
    sideEffects: [...facts.sideEffects],
    verdict: testsPassed && filesAgree ? 'passed' : 'failed',
  };
}

/** What a session is told when its change did not pass. */
export function describeFailedProof(proof: ProofRecord): string {
  const lines = ['The change was verified and not accepted:'];
  if (proof.command !== null && proof.exitCode !== 0) {
    lines.push(`- \`${proof.command}\` ${proof.ended}. Run it yourself to see its output.`);
  }
  if (proof.changedFiles.length === 0) lines.push('- no file differs from the last commit');
  if (proof.undeclared.length > 0)
    lines.push(`- changed and not declared: ${proof.undeclared.join(', ')}`);
  if (proof.missing.length > 0)
    lines.push(`- declared and not changed: ${proof.missing.join(', ')}`);
  return lines.join('\n');
}

/** The part of a merge request's body that says how the change was verified. */
export function formatProof(proof: ProofRecord): string {
  const tests =
    proof.command === null
      ? '- Tests: none were asked for'
      : `- Tests: \`${proof.command}\` ${proof.ended} after ${(proof.durationMs / 1000).toFixed(1)} s`;
  const files = `- Files: ${proof.changedFiles.length} changed, all declared`;
  const effects = proof.sideEffects.length === 0 ? 'none declared' : proof.sideEffects.join('; ');
  return [
    '## Verified by Signalbox',
    '',
    tests,
    files,
    `- Side effects: ${effects}`,
    `- Run: ${proof.run}`,
  ].join('\n');
}
