/** The files of this project as git sees them: tracked or new, not ignored. What the house rules are checked on. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../runtime/testing/repository-root.ts';

/** Relative to the root, `/` as separator. */
export function listFiles(): readonly string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '-co', '--exclude-standard'], {
    cwd: repositoryRoot,
    encoding: 'utf8',
  });
  // A file that is deleted and not yet committed is still listed.
  return listed.split('\0').filter((file) => file !== '' && existsSync(join(repositoryRoot, file)));
}

export function readText(file: string): string {
  return readFileSync(join(repositoryRoot, file), 'utf8');
}

export function isProgramText(file: string): boolean {
  return /\.(?:ts|mjs)$/u.test(file);
}

/** Tests, what only tests use, and the benchmarks. */
export function isTestText(file: string): boolean {
  return (
    file.endsWith('.test.ts') || /(?:^|\/)testing\//u.test(file) || /^(?:tests|bench)\//u.test(file)
  );
}

/** `file:line: text` of every line that `offends`, so that a failing rule names the places. */
export function findLines(
  files: readonly string[],
  offends: (line: string, file: string) => boolean,
): readonly string[] {
  return files.flatMap((file) =>
    readText(file)
      .split('\n')
      .flatMap((line, index) =>
        offends(line, file) ? [`${file}:${index + 1}: ${line.trim()}`] : [],
      ),
  );
}
