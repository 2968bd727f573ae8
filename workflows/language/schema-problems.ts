/** Turns what zod found into problems with a place and a fix. Owns no rule of its own. */
import type { z } from 'zod';
import { definitionSchema, notesSchema, stepSchema } from './definition.schema.ts';
import { findFieldGuide, formatFieldPattern } from './field-guides.ts';
import { suggestName } from './nearest-name.ts';
import type { LocatedProblem } from './problem.ts';
import { quoteValue } from './problem.ts';
import type { ValuePath, YamlSource } from './yaml-source.ts';

type Issue = z.core.$ZodIssue;

export function describeSchemaIssue(issue: Issue, source: YamlSource): readonly LocatedProblem[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => describeUnknownKey(path, key, source));
    default:
      if (isReported(path, source)) return [];
      return [describeUnknownName(issue, path, source) ?? describeWrongValue(path, source)];
  }
}

/** The reader leaves undefined where it has reported a value already. */
function isReported(path: ValuePath, source: YamlSource): boolean {
  const { found, value } = lookUp(source.value, path);
  return found && value === undefined;
}

function describeUnknownKey(path: ValuePath, key: string, source: YamlSource): LocatedProblem {
  const { name, keys } = describePlace(path);
  return {
    position: source.locateKey([...path, key]),
    message: `unknown key ${quoteValue(key)} in ${name}`,
    suggestion: suggestName(key, keys, 'Remove it. Known keys here'),
  };
}

function describePlace(path: ValuePath): {
  readonly name: string;
  readonly keys: readonly string[];
} {
  switch (formatFieldPattern(path)) {
    case 'steps.*':
      return { name: 'a step', keys: Object.keys(stepSchema.shape) };
    case 'steps.*.notes':
      return { name: 'notes', keys: Object.keys(notesSchema.shape) };
    default:
      return { name: 'the workflow', keys: Object.keys(definitionSchema.shape) };
  }
}

/** A name that is not in a closed list. */
function describeUnknownName(
  issue: Issue,
  path: ValuePath,
  source: YamlSource,
): LocatedProblem | undefined {
  const { value } = lookUp(source.value, path);
  if (issue.code !== 'invalid_value' || typeof value !== 'string') return undefined;
  const isTool = path.includes('tools');
  return {
    position: source.locateValue(path),
    message: `unknown ${isTool ? 'tool' : 'artifact'} ${quoteValue(value)}`,
    suggestion:
      value === 'complete_step'
        ? 'Remove it: complete_step is always offered.'
        : suggestName(value, issue.values.map(String), 'Use one of these'),
  };
}

/** Missing, of the wrong type, too long, or not in the right form. */
function describeWrongValue(path: ValuePath, source: YamlSource): LocatedProblem {
  const { rule, example } = findFieldGuide(path);
  const { found, value } = lookUp(source.value, path);
  const name = formatFieldName(path);
  if (!found) {
    return {
      position: source.locateValue(path.slice(0, -1)),
      message: `${name} is missing; it must be ${rule}`,
      suggestion: `Add it, for example: ${example}`,
    };
  }
  return {
    position: source.locateValue(path),
    message: `${name} must be ${rule}; it is ${describeValue(value)}`,
    suggestion: suggestValue(path, value) ?? `Write for example: ${example}`,
  };
}

function formatFieldName(path: ValuePath): string {
  const last = path.at(-1);
  if (last === undefined) return 'the definition';
  return typeof last === 'string' ? `"${last}"` : `item ${last + 1} of "${String(path.at(-2))}"`;
}

function describeValue(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value === 'number' || typeof value === 'boolean') {
    return `the ${typeof value} ${String(value)}`;
  }
  if (typeof value !== 'string') return 'of an unknown type';
  if (value.trim() === '') return 'blank';
  return value.length > 60 ? `${value.length} characters long` : quoteValue(value);
}

/** A fix made from the value itself, where there is one. */
function suggestValue(path: ValuePath, value: unknown): string | undefined {
  const key = path.at(-1);
  if (key === 'version' && typeof value === 'number') {
    const [major = '1', minor = '0'] = String(value).split('.');
    return `Write version: ${major}.${minor}.0`;
  }
  if ((key === 'id' || key === 'reworkFrom') && typeof value === 'string') {
    const words = value.toLowerCase().match(/[a-z0-9]+/g) ?? [];
    const id = words
      .join('-')
      .replace(/^[0-9-]+/, '')
      .slice(0, 40)
      .replace(/-$/, '');
    if (id !== '') return `Write ${key}: ${id}`;
  }
  const isScalar = typeof value === 'number' || typeof value === 'boolean';
  if (
    isScalar &&
    (key === 'title' || key === 'description' || key === 'prompt' || key === 'systemPrompt')
  ) {
    return `Put it in quotes: ${key}: "${String(value)}"`;
  }
  return undefined;
}

function lookUp(
  root: unknown,
  path: ValuePath,
): { readonly found: boolean; readonly value: unknown } {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) {
      return { found: false, value: undefined };
    }
    value = (value as Record<string | number, unknown>)[part];
  }
  return { found: true, value };
}
