import { describe, expect, it } from 'vitest';
import type { ChangedFile } from '../ports/repository.ts';
import { createProofRecord, describeFailedProof, formatProof, type TestRun } from './proof.ts';

const tests: TestRun = {
  command: 'npm test',
  exitCode: 0,
  ended: 'exited with 0',
  durationMs: 1_250,
  output: 'tests-0.txt',
};
const modified = (path: string): ChangedFile => ({ path, change: 'modified' });

function prove(changes: Partial<Parameters<typeof createProofRecord>[0]>) {
  return createProofRecord({
    run: 'run-1',
    round: 0,
    tests,
    declared: ['b.ts', 'a.ts'],
    changed: [modified('a.ts'), modified('b.ts')],
    sideEffects: [],
    ...changes,
  });
}

describe('a proof record', () => {
  it('passes when the tests do and the files are the declared ones, in any order and however often', () => {
    expect(prove({})).toMatchObject({ verdict: 'passed', undeclared: [], missing: [] });
    expect(prove({ declared: ['a.ts', 'b.ts', 'a.ts'] }).verdict).toBe('passed');
    expect(prove({ tests: null }).verdict).toBe('passed');
  });

  it.each([
    [
      'a failed command',
      { tests: { ...tests, exitCode: 1, ended: 'exited with 1' } },
      '`npm test` exited with 1',
    ],
    [
      'a command without an exit code',
      { tests: { ...tests, exitCode: null, ended: 'was ended by SIGKILL' } },
      'SIGKILL',
    ],
    ['an undeclared file', { declared: ['a.ts'] }, 'changed and not declared: b.ts'],
    ['a missing file', { changed: [modified('a.ts')] }, 'declared and not changed: b.ts'],
    ['no change at all', { changed: [], declared: [] }, 'no file differs from the last commit'],
  ])('does not pass with %s, and says so', (_, changes, reason) => {
    const proof = prove(changes);
    expect(proof.verdict).toBe('failed');
    expect(describeFailedProof(proof)).toContain(reason);
  });

  it('tells a reader of the merge request what was verified', () => {
    expect(formatProof(prove({ sideEffects: ['installed left-pad'] })).split('\n')).toEqual([
      '## Verified by Signalbox',
      '',
      '- Tests: `npm test` exited with 0 after 1.3 s',
      '- Files: 2 changed, all declared',
      '- Side effects: installed left-pad',
      '- Run: run-1',
    ]);
  });
});
