/**
 * Trigger definitions: `triggers/<id>.yaml` in the home folder, each with its secret in
 * `secrets/trigger-<id>`. A broken definition is listed as broken, with the place; it never vanishes.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  triggerDefinitionSchema,
  type TriggerDefinition,
} from '../../actors/trigger/trigger.schema.ts';
import { readYaml } from '../../workflows/language/yaml-source.ts';
import type { HomeLayout } from '../home.ts';

export type ListedTrigger =
  | { readonly status: 'valid'; readonly file: string; readonly definition: TriggerDefinition }
  | { readonly status: 'broken'; readonly file: string; readonly problems: readonly string[] };

export async function listTriggers(home: HomeLayout): Promise<readonly ListedTrigger[]> {
  await mkdir(home.triggers, { recursive: true, mode: 0o700 });
  const names = (await readdir(home.triggers)).filter((name) => name.endsWith('.yaml')).sort();
  return Promise.all(names.map((name) => readTrigger(join(home.triggers, name))));
}

async function readTrigger(file: string): Promise<ListedTrigger> {
  const source = readYaml(await readFile(file, 'utf8'));
  const place = ({ line, column }: { readonly line: number; readonly column: number }): string =>
    `${file}:${line}:${column}`;
  if (!source.readable) {
    const problems = source.problems.map(
      ({ position, message, suggestion }) => `${place(position)} ${message}. ${suggestion}`,
    );
    return { status: 'broken', file, problems };
  }
  const parsed = triggerDefinitionSchema.safeParse(source.value);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => {
      const keys = path.filter((key) => typeof key !== 'symbol');
      return `${place(source.locateValue(keys))} ${keys.join('.')}: ${message}`;
    });
    return { status: 'broken', file, problems };
  }
  const expected = basename(file, '.yaml');
  return parsed.data.id === expected
    ? { status: 'valid', file, definition: parsed.data }
    : {
        status: 'broken',
        file,
        problems: [
          `${place(source.locateValue(['id']))} id: must be "${expected}", the name of the file`,
        ],
      };
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
