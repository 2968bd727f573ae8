/**
 * The rules a shape cannot express: unique step ids, references between parts of a definition, and
 * placeholders. Looks at whatever could be read, so that these problems are told together with
 * those of shape.
 */
import { assertNever } from '../../runtime/contract/errors.ts';
import { findNearestName, suggestName } from './nearest-name.ts';
import { findPlaceholders } from './placeholders.ts';
import type { Placeholder } from './placeholders.ts';
import type { LocatedProblem } from './problem.ts';
import { quoteValue } from './problem.ts';
import { inputNames } from './vocabulary.ts';
import type { ValuePath, YamlSource } from './yaml-source.ts';

interface FoundText {
  readonly path: ValuePath;
  readonly text: string;
}

export function findMeaningProblems(source: YamlSource): readonly LocatedProblem[] {
  const steps = readProperty(source.value, 'steps');
  const stepPaths = Array.isArray(steps)
    ? steps.map((_, index): ValuePath => ['steps', index])
    : [];
  const ids = readTexts(source, stepPaths, ['id']);
  const renderedTexts = [
    ...readTexts(source, [[]], ['systemPrompt']),
    ...readTexts(source, stepPaths, ['prompt']),
  ];
  const plainTexts = [
    ...readTexts(source, [[]], ['title', 'description']),
    ...readTexts(source, stepPaths, ['title']),
  ];
  return [
    ...findDuplicateIds(ids, source),
    ...findUnknownReworkStep(ids, source),
    ...renderedTexts.flatMap((found) => findPlaceholderProblems(found, source)),
    ...plainTexts.flatMap((found) => findMisplacedPlaceholders(found, source)),
  ];
}

function findDuplicateIds(
  ids: readonly FoundText[],
  source: YamlSource,
): readonly LocatedProblem[] {
  const known = new Set(ids.map(({ text }) => text));
  const firstUses = new Map<string, { readonly line: number; lastNumber: number }>();
  return ids.flatMap(({ path, text }) => {
    const position = source.locateValue(path);
    const first = firstUses.get(text);
    if (first === undefined) {
      firstUses.set(text, { line: position.line, lastNumber: 1 });
      return [];
    }
    do first.lastNumber += 1;
    while (known.has(`${text}-${first.lastNumber}`));
    return [
      {
        position,
        message: `step id ${quoteValue(text)} is already used on line ${first.line}`,
        suggestion: `Give this step an id of its own, for example: id: ${text}-${first.lastNumber}`,
      },
    ];
  });
}

function findUnknownReworkStep(
  ids: readonly FoundText[],
  source: YamlSource,
): readonly LocatedProblem[] {
  const names = ids.map(({ text }) => text);
  return readTexts(source, [[]], ['reworkFrom'])
    .filter(({ text }) => !names.includes(text))
    .map(({ path, text }) => ({
      position: source.locateValue(path),
      message: `"reworkFrom" names ${quoteValue(text)}, which is not a step`,
      suggestion: suggestName(text, names, 'Use the id of a step'),
    }));
}

function findPlaceholderProblems(
  { path, text }: FoundText,
  source: YamlSource,
): readonly LocatedProblem[] {
  return findPlaceholders(text).flatMap((placeholder) => {
    if (placeholder.type === 'name' && inputNames.some((name) => name === placeholder.name))
      return [];
    const position = locatePlaceholder(path, text, placeholder, source);
    return [{ position, ...describePlaceholder(placeholder) }];
  });
}

function describePlaceholder(placeholder: Placeholder): Omit<LocatedProblem, 'position'> {
  const names = inputNames.join(', ');
  switch (placeholder.type) {
    case 'name': {
      const nearest = findNearestName(placeholder.name, inputNames);
      return {
        message: `unknown name ${quoteValue(placeholder.name)} in a placeholder`,
        suggestion:
          nearest === undefined
            ? `Use one of these: ${names}.`
            : `Did you mean "{{ ${nearest} }}"?`,
      };
    }
    case 'malformed':
      return {
        message: `${quoteValue(placeholder.text)} is not a placeholder: only a name may stand between the braces`,
        suggestion: `Write {{ name }} with one of these: ${names}.`,
      };
    case 'unclosed':
      return { message: '"{{" is not closed', suggestion: 'Write "}}" after the name.' };
    default:
      return assertNever(placeholder);
  }
}

function findMisplacedPlaceholders(
  { path, text }: FoundText,
  source: YamlSource,
): readonly LocatedProblem[] {
  return findPlaceholders(text).map((placeholder) => ({
    position: locatePlaceholder(path, text, placeholder, source),
    message: `"${String(path.at(-1))}" cannot hold a placeholder`,
    suggestion: 'Write plain text here; placeholders belong in prompt and systemPrompt.',
  }));
}

function locatePlaceholder(
  path: ValuePath,
  text: string,
  placeholder: Placeholder,
  source: YamlSource,
): LocatedProblem['position'] {
  const earlier = text.slice(0, placeholder.offset).split('{{').length - 1;
  return source.locateInText(path, '{{', earlier);
}

function readTexts(
  source: YamlSource,
  parents: readonly ValuePath[],
  keys: readonly string[],
): readonly FoundText[] {
  return parents.flatMap((parent) =>
    keys.flatMap((key) => {
      const path = [...parent, key];
      let value = source.value;
      for (const part of path) value = readProperty(value, part);
      return typeof value === 'string' ? [{ path, text: value }] : [];
    }),
  );
}

function readProperty(value: unknown, key: string | number): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string | number, unknown>)[key];
}
