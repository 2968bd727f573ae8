/** Reads many git objects with one process. */
import { SignalboxError } from '../../../runtime/contract/errors.ts';
import type { RunGit } from '../../git/git-command.ts';

const lineEnd = 0x0a;

/** `names`: anything `git rev-parse` knows, without line ends. Undefined for what is not there. */
export async function readObjects(
  git: RunGit,
  repository: string,
  names: readonly string[],
): Promise<readonly (string | undefined)[]> {
  if (names.length === 0) return [];
  const batch = await git({
    directory: repository,
    arguments: ['cat-file', '--batch'],
    input: `${names.join('\n')}\n`,
  });
  return parseBatch(batch.output, names.length);
}

/** `<object> <type> <bytes>` line, the bytes and a line end; or `<name> missing`. */
export function parseBatch(output: Buffer, count: number): readonly (string | undefined)[] {
  const texts: (string | undefined)[] = [];
  let position = 0;
  while (texts.length < count) {
    const end = output.indexOf(lineEnd, position);
    if (end < 0) {
      throw new SignalboxError(
        'SB_PROTOCOL',
        `git cat-file answered ${texts.length} of ${count} objects`,
        { retryable: true, next: 'Check the repository with "git fsck".' },
      );
    }
    const size = /^[0-9a-f]+ [a-z]+ (\d+)$/.exec(output.toString('utf8', position, end))?.[1];
    position = end + 1;
    if (size === undefined) {
      texts.push(undefined);
      continue;
    }
    texts.push(output.toString('utf8', position, position + Number(size)));
    position += Number(size) + 1;
  }
  return texts;
}
