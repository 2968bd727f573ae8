/**
 * The definitions that come with Signalbox: `*.yaml` in this folder. The only file here that touches
 * the disk. Definitions of users and workspaces are not its business.
 */
import { readdir, readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeError, SignalboxError } from '../../runtime/contract/errors.ts';
import type { WorkflowDefinition } from '../language/definition.schema.ts';
import { suggestName } from '../language/nearest-name.ts';
import { parseWorkflow } from '../language/parse-workflow.ts';
import type { WorkflowProblem } from '../language/problem.ts';
import { formatProblems } from '../language/problem.ts';

export interface LoadedWorkflow {
  readonly definition: WorkflowDefinition;
  readonly hash: string;
}

/** A broken definition stays listed, with what is wrong. `id` is the file's name without `.yaml`. */
export type ListedWorkflow =
  | ({ readonly status: 'valid'; readonly id: string; readonly file: string } & LoadedWorkflow)
  | {
      readonly status: 'broken';
      readonly id: string;
      readonly file: string;
      readonly problems: readonly WorkflowProblem[];
    };

const extension = '.yaml';

/** Sorted by id. `folder` is for tests; the default is the bundled library. */
export async function listWorkflows(
  folder: string = findBundledFolder(),
): Promise<readonly ListedWorkflow[]> {
  const ids = await listIds(folder);
  return Promise.all(ids.map((id) => readWorkflow(join(folder, id + extension))));
}

/** Errors: `SB_NOT_FOUND` with the nearest id, `SB_WORKFLOW_INVALID` with every problem and its place. */
export async function loadBundledWorkflow(
  id: string,
  folder: string = findBundledFolder(),
): Promise<LoadedWorkflow> {
  const ids = await listIds(folder);
  if (!ids.includes(id)) {
    throw new SignalboxError('SB_NOT_FOUND', `there is no workflow "${id}"`, {
      next: suggestName(id, ids, 'Use one of these'),
    });
  }
  return loadWorkflowFile(join(folder, id + extension));
}

/** Loads any definition file. Errors: `SB_NOT_FOUND`, `SB_WORKFLOW_INVALID`. */
export async function loadWorkflowFile(file: string): Promise<LoadedWorkflow> {
  const listed = await readWorkflow(file);
  if (listed.status === 'valid') return { definition: listed.definition, hash: listed.hash };
  const { length } = listed.problems;
  throw new SignalboxError(
    'SB_WORKFLOW_INVALID',
    `the workflow has ${length} ${length === 1 ? 'problem' : 'problems'}:\n${formatProblems(listed.problems)}`,
    { next: `Correct ${file} and try again.` },
  );
}

async function readWorkflow(file: string): Promise<ListedWorkflow> {
  const id = basename(file, extension);
  const parsed = parseWorkflow(await readText(file), file);
  return { id, file, ...parsed };
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new SignalboxError(
      'SB_NOT_FOUND',
      `the workflow file ${file} cannot be read: ${describeError(error)}`,
      { next: 'Check the path and its permissions.', cause: error },
    );
  }
}

async function listIds(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder);
  return names
    .filter((name) => name.endsWith(extension))
    .map((name) => basename(name, extension))
    .sort();
}

/**
 * The compiler copies no YAML, so the compiled program reads the definitions where they are in the
 * source: the package root is the nearest folder above this file with a package.json.
 */
function findBundledFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  for (let folder = here; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return join(folder, 'workflows', 'library');
  }
  throw new SignalboxError('SB_NOT_FOUND', `there is no package.json above ${here}`, {
    next: 'Run Signalbox from its package folder.',
  });
}
