/**
 * Trigger definitions: `triggers/<id>.yaml` in the home folder, each with its secret in
 * `secrets/trigger-<id>`. A broken definition is listed as broken, with the place; it never vanishes.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  triggerDefinitionSchema,
  type TriggerDefinition,
} from '../../actors/trigger/trigger.schema.ts';
import type { LocatedProblem } from '../../workflows/language/problem.ts';
import { readYaml } from '../../workflows/language/yaml-source.ts';
import type { HomeLayout } from '../home.ts';
import { describeProblems, locateIssue } from './trigger-problems.ts';

export type ListedTrigger =
  | { readonly status: 'valid'; readonly file: string; readonly definition: TriggerDefinition }
  | { readonly status: 'broken'; readonly file: string; readonly problems: readonly string[] };

export async function listTriggers(home: HomeLayout): Promise<readonly ListedTrigger[]> {
  const names = (await readFolder(home.triggers)).filter((name) => /\.ya?ml$/u.test(name)).sort();
  return Promise.all(names.map((name) => readTrigger(join(home.triggers, name))));
}

/** Nobody has defined a trigger before there is a folder. */
async function readFolder(path: string): Promise<readonly string[]> {
  return existsSync(path) ? readdir(path) : [];
}

async function readTrigger(file: string): Promise<ListedTrigger> {
  const broken = (problems: readonly LocatedProblem[]): ListedTrigger => ({
    status: 'broken',
    file,
    problems: describeProblems(file, problems),
  });
  const source = readYaml(await readFile(file, 'utf8'));
  if (!source.readable) return broken(source.problems);
  const parsed = triggerDefinitionSchema.safeParse(source.value);
  const problems = [
    ...source.problems,
    ...(parsed.error?.issues ?? []).flatMap((issue) => locateIssue(issue, source)),
  ];
  if (problems.length > 0 || !parsed.success) return broken(problems);
  const { id } = parsed.data;
  if (basename(file) === `${id}.yaml`) return { status: 'valid', file, definition: parsed.data };
  return broken([
    {
      position: source.locateValue(['id']),
      message: `id: "${id}" is not the name of the file`,
      suggestion: `Name the file ${id}.yaml, or change the id.`,
    },
  ]);
}

function secretFile(home: HomeLayout, triggerId: string): string {
  return join(home.secrets, `trigger-${triggerId}`);
}

/** Read at every delivery, so that a changed secret needs no restart. */
export function readTriggerSecret(home: HomeLayout, triggerId: string): string | undefined {
  try {
    const secret = readFileSync(secretFile(home, triggerId), 'utf8').trim();
    return secret === '' ? undefined : secret;
  } catch {
    // No secret: the gateway answers as for an unknown trigger, and `doctor` says which one lacks it.
    return undefined;
  }
}

/** The trigger's secret, made when there is none. */
export async function ensureTriggerSecret(home: HomeLayout, triggerId: string): Promise<string> {
  const known = readTriggerSecret(home, triggerId);
  if (known !== undefined) return known;
  await mkdir(home.secrets, { recursive: true, mode: 0o700 });
  const secret = randomBytes(32).toString('hex');
  await writeFile(secretFile(home, triggerId), `${secret}\n`, { mode: 0o600 });
  return secret;
}

/** JSON is YAML too, and needs no second writer. */
export async function writeTrigger(home: HomeLayout, definition: TriggerDefinition): Promise<void> {
  await mkdir(home.triggers, { recursive: true, mode: 0o700 });
  const file = join(home.triggers, `${definition.id}.yaml`);
  await writeFile(`${file}.draft`, `${JSON.stringify(definition, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.draft`, file);
}
