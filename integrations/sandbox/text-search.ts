/**
 * Owns searching texts below a root, with `git grep`: tracked and untracked files, ignored and binary ones left out.
 * Where the root is no git work tree, `--no-index`. git follows no links here.
 */
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SearchHit, WorkspacePort } from '../../actors/ports/workspace.ts';
import { SignalboxError } from '../../runtime/contract/errors.ts';
import type { CommandSurroundings } from './command.ts';
import { fileSystemCode, parseFileSystemError } from './file-system-errors.ts';
import { excludedFolders, expandBraces, refuseOutsidePattern } from './glob-patterns.ts';
import { captureOutput } from './output-capture.ts';
import { resolveRoot } from './path-confinement.ts';
import { readSearchOutput } from './search-output.ts';
import { superviseProcess } from './supervised-process.ts';
import { temporaryFilePattern } from './temporary-files.ts';

const searchTimeoutMs = 60_000;
const maxErrorBytes = 4096;

/** Configuration of the user or the repository must not change what is found, nor run a program. */
const searchSettings = ['-c', 'core.fsmonitor=false', '-c', 'grep.fallbackToNoIndex=false'];

const searchFlags = [
  '--extended-regexp',
  '-I',
  '--line-number',
  '--null',
  '--no-color',
  '--no-column',
  '--no-heading',
  '--no-break',
  '--no-textconv',
  '--no-recurse-submodules',
];

export interface TextQuery {
  readonly pattern: string;
  readonly glob?: string;
  readonly limit: number;
}

export async function searchTextBelow(
  root: string,
  query: TextQuery,
  surroundings: CommandSurroundings,
): ReturnType<WorkspacePort['searchText']> {
  if (query.pattern.includes('\0')) throw reportSearch(query, 'the pattern holds a NUL character');
  const pathspecs = makePathspecs(query.glob);
  const realRoot = await resolveRoot(root);
  const indexed = await isWorkTree(realRoot);
  const output = readSearchOutput(query.limit);
  const errors = captureOutput(maxErrorBytes, maxErrorBytes);
  const enough = new AbortController();
  try {
    const end = await superviseProcess({
      command: ['git', ...searchArguments(query.pattern, indexed), '--', ...pathspecs],
      cwd: realRoot,
      env: searchEnvironment(surroundings.environment),
      timeoutMs: searchTimeoutMs,
      signal: enough.signal,
      onStdout: (chunk) => {
        if (output.add(chunk)) enough.abort();
      },
      onStderr: (chunk) => errors.add(chunk),
      onPipeHeld: () => surroundings.log(`git grep in ${realRoot} left its output open`),
    });
    // 1: nothing found. Anything above: git could not search, and says why.
    const searched = end.type === 'exited' && end.exitCode <= 1;
    if (!searched) throw reportSearch(query, describeEnd(end.type, errors.finish().text));
  } catch (error) {
    // We ended it ourselves: what was found is all that was asked for.
    if (!enough.signal.aborted) throw error;
  }
  return sortHits(output.finish());
}

function searchArguments(pattern: string, indexed: boolean): readonly string[] {
  const scope = indexed ? '--untracked' : '--no-index';
  return [...searchSettings, 'grep', scope, ...searchFlags, '-e', pattern];
}

/** A pattern without a slash is looked for in every folder, as in `grep --include`. */
function makePathspecs(pattern: string | undefined): readonly string[] {
  const excluded = [...excludedFolders.map((name) => `**/${name}/**`), temporaryFilePattern];
  const exclusions = excluded.map((path) => `:(exclude,glob)${path}`);
  if (pattern === undefined) return ['.', ...exclusions];
  refuseOutsidePattern(pattern);
  const anywhere = pattern.includes('/') ? pattern : `**/${pattern}`;
  return [...expandBraces(anywhere).map((path) => `:(glob)${path}`), ...exclusions];
}

async function isWorkTree(realRoot: string): Promise<boolean> {
  try {
    await lstat(join(realRoot, '.git'));
    return true;
  } catch (error) {
    if (fileSystemCode(error) === 'ENOENT') return false;
    throw parseFileSystemError(error, '.git');
  }
}

/** Without git's own variables: inside a hook they would point at another repository. */
function searchEnvironment(environment: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !name.startsWith('GIT_')),
  );
}

function describeEnd(type: 'exited' | 'signalled' | 'timedOut', words: string): string {
  if (type === 'timedOut') return `the search took longer than ${searchTimeoutMs} ms`;
  const said = words.trim();
  return said === '' ? 'git grep failed and gave no reason' : said;
}

function reportSearch(query: TextQuery, problem: string): SignalboxError {
  return new SignalboxError('SB_TOOL_FAILED', `cannot search for "${query.pattern}": ${problem}`, {
    next: 'Check that it is a POSIX extended regular expression; escape ( ) [ { + ? | meant literally.',
  });
}

/** git's threads may finish in any order; the same search shows the same text. */
function sortHits(found: { readonly hits: readonly SearchHit[]; readonly truncated: boolean }): {
  readonly hits: readonly SearchHit[];
  readonly truncated: boolean;
} {
  const hits = found.hits.toSorted((a, b) =>
    a.path === b.path ? a.line - b.line : a.path < b.path ? -1 : 1,
  );
  return { hits, truncated: found.truncated };
}
