/**
 * `bash` and `git` in front of the real ones on PATH. Every command line that the system really runs is written to a
 * ledger; a git command can be made to stand still when it has done its work and not yet said so.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** One command line that was started: by the bash tool or by a verification. */
export interface Execution {
  readonly atMs: number;
  readonly command: string;
}

export interface TracedPrograms {
  /** PATH with the traced programs in front. */
  readonly path: string;
  executions(): readonly Execution[];
  /** The next `git <command>`, or the next one behind a `git <following>`, does its work and then does not end. */
  holdNextGit(command: string, following?: string): void;
  isGitHeld(): boolean;
  releaseGit(): void;
}

export function tracePrograms(folder: string, path: string): TracedPrograms {
  const ledger = join(folder, 'ledger');
  const hold = join(folder, 'hold-git-');
  const arm = join(folder, 'hold-behind-git-');
  const held = join(folder, 'git-held');
  const programs = join(folder, 'bin');
  mkdirSync(programs, { recursive: true });
  writeFileSync(ledger, '');
  const install = (name: string, script: string): void => {
    writeFileSync(join(programs, name), `#!/bin/sh\n${script}`);
    chmodSync(join(programs, name), 0o755);
  };
  const find = (name: string): string =>
    execFileSync('/bin/sh', ['-c', `command -v ${name}`], {
      env: { PATH: path },
      encoding: 'utf8',
    }).trim();
  install(
    'bash',
    `printf '%s %s\\n' "$(date +%s%3N)" "$2" >> '${ledger}'\nexec '${find('bash')}' "$@"\n`,
  );
  install(
    'git',
    `if [ -e '${arm}'"$1" ]; then mv '${arm}'"$1" '${hold}'"$(cat '${arm}'"$1")"; fi
if [ -e '${hold}'"$1" ]; then
  '${find('git')}' "$@"
  mv '${hold}'"$1" '${held}'
  exec sleep 600
fi
exec '${find('git')}' "$@"
`,
  );
  return {
    path: `${programs}${delimiter}${path}`,
    executions: () =>
      readFileSync(ledger, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => {
          const [at = '', ...command] = line.split(' ');
          return { atMs: Number(at), command: command.join(' ') };
        }),
    holdNextGit: (command, following) => {
      if (following === undefined) writeFileSync(`${hold}${command}`, '');
      else writeFileSync(`${arm}${following}`, command);
    },
    isGitHeld: () => existsSync(held),
    releaseGit: () => {
      rmSync(held, { force: true });
    },
  };
}
