/** What is wrong with a trigger definition, in words: file, line, column, what, and what to do. Pure. */
import { z } from 'zod';
import { triggerDefinitionSchema } from '../../actors/trigger/trigger.schema.ts';
import { suggestName } from '../../workflows/language/nearest-name.ts';
import { sortProblems, type LocatedProblem } from '../../workflows/language/problem.ts';
import type { YamlSource } from '../../workflows/language/yaml-source.ts';

type Issue = z.core.$ZodIssue;
type Path = readonly (string | number)[];

/** In reading order, each on one line. */
export function describeProblems(
  file: string,
  problems: readonly LocatedProblem[],
): readonly string[] {
  return sortProblems(file, problems).map(
    ({ line, column, message, suggestion }) =>
      `${file}:${line}:${column} ${message}. ${suggestion}`,
  );
}

export function locateIssue(issue: Issue, source: YamlSource): readonly LocatedProblem[] {
  const path = issue.path.filter((key) => typeof key !== 'symbol');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      position: source.locateKey([...path, key]),
      message: `${[...path, key].join('.')}: no such field`,
      suggestion: suggestName(key, listFields(triggerDefinitionSchema, path), 'Known fields here'),
    }));
  }
  const name = path.length === 0 ? 'the definition' : path.join('.');
  if (isMissing(source.value, path)) {
    return [
      {
        position: source.locateValue(path.slice(0, -1)),
        message: `${name}: is missing`,
        suggestion: 'Add it; README.md shows a whole definition.',
      },
    ];
  }
  return [
    {
      position: source.locateValue(path),
      message: `${name}: ${issue.message}`,
      suggestion: suggestValue(issue),
    },
  ];
}

function suggestValue(issue: Issue): string {
  if (issue.code !== 'invalid_type') return 'Correct it; README.md shows a whole definition.';
  switch (issue.expected) {
    case 'string':
      return 'Put the value in quotes.';
    case 'number':
    case 'int':
    case 'boolean':
      return 'Write the value without quotes.';
    default:
      return `Write it as the ${issue.expected} that README.md shows.`;
  }
}

function isMissing(root: unknown, path: Path): boolean {
  let value = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return true;
    value = (value as Readonly<Record<string | number, unknown>>)[key];
  }
  return false;
}

/** The fields that a mapping at this place may have. */
function listFields(schema: unknown, path: Path): readonly string[] {
  if (schema instanceof z.ZodNullable || schema instanceof z.ZodOptional)
    return listFields(schema.unwrap(), path);
  if (schema instanceof z.ZodDiscriminatedUnion)
    return [...new Set(schema.options.flatMap((option) => listFields(option, path)))];
  if (!(schema instanceof z.ZodObject)) return [];
  const [key, ...rest] = path;
  return key === undefined ? Object.keys(schema.shape) : listFields(schema.shape[key], rest);
}
