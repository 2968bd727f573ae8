/**
 * Implements `WorkspacePort`: files and commands inside one worktree.
 *
 * File operations are confined: no path leads outside the root, through `..`, absolute paths or symbolic links, nor
 * into `.git`. Commands are not. They start in the root, with the environment given here, in a process group that ends
 * with its deadline, its cancellation, its own end or ours; but a command can read and write whatever the user who runs
 * Signalbox can, use the network, and detach a process (`setsid`) that stays. Only a real sandbox can prevent that, and
 * this is none: `sandboxLevel` says so to whoever asks.
 *
 * State: none but the order of changes under way, and which roots were swept of a killed process's temporary files.
 */
import type { WorkspacePort } from '../../actors/ports/workspace.ts';
import { runShellCommand } from './command.ts';
import { findFilesBelow } from './file-search.ts';
import { editText, readLines, writeWhole } from './files.ts';
import { resolveRoot } from './path-confinement.ts';
import { sweepTemporaryFiles } from './temporary-files.ts';
import { searchTextBelow } from './text-search.ts';
import { createWriteQueue } from './write-queue.ts';

/** What keeps a command from reaching beyond the worktree: nothing. */
export const sandboxLevel = 'none';

/** Roots remembered as swept; the oldest is forgotten and, if used again, swept again. */
const maxSweptRoots = 1000;

export interface WorkspacesOptions {
  /** All that commands see: PATH, HOME, locale. Given by cli, secrets already removed. */
  readonly environment: Readonly<Record<string, string>>;
  /** One line per unusual happening. */
  readonly log?: (line: string) => void;
}

export function createWorkspaces(options: WorkspacesOptions): WorkspacePort {
  const log = options.log ?? (() => undefined);
  const surroundings = { environment: options.environment, log };
  const queue = createWriteQueue();
  const sweepOnce = createSweeper(log);
  return {
    async runCommand(request, signal) {
      await sweepOnce(request.root);
      return runShellCommand(request, surroundings, signal);
    },
    async readFile(root, path, range) {
      return readLines(root, path, range);
    },
    async writeFile(root, path, content) {
      await sweepOnce(root);
      return writeWhole(queue, root, path, content);
    },
    async editFile(root, path, edit) {
      await sweepOnce(root);
      return editText(queue, root, path, edit);
    },
    async findFiles(root, pattern, limit) {
      return findFilesBelow(root, pattern, limit);
    },
    async searchText(root, query) {
      return searchTextBelow(root, query, surroundings);
    },
  };
}

/** Sweeps a root before the first use that changes files or looks at all of them. */
function createSweeper(log: (line: string) => void): (root: string) => Promise<void> {
  const sweeps = new Map<string, Promise<boolean>>();
  return async (root) => {
    const realRoot = await resolveRoot(root);
    const known = sweeps.get(realRoot) ?? sweep(realRoot, log);
    sweeps.set(realRoot, known);
    const oldest = sweeps.size > maxSweptRoots ? sweeps.keys().next().value : undefined;
    if (oldest !== undefined) sweeps.delete(oldest);
    let finished = false;
    try {
      finished = await known;
    } finally {
      if (!finished) sweeps.delete(realRoot);
    }
  };
}

/** False when another process may still be writing there, so that it is tried again. */
async function sweep(realRoot: string, log: (line: string) => void): Promise<boolean> {
  const { removed, left } = await sweepTemporaryFiles(realRoot, Date.now);
  if (removed > 0)
    log(`removed ${removed} unfinished writes of an earlier process from ${realRoot}`);
  return left === 0;
}
