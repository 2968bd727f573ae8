/**
 * The door of the language: text in, a definition or every problem with it out. Never throws,
 * whatever the text. Reading the file is for the caller.
 */
import type { WorkflowDefinition } from './definition.schema.ts';
import { definitionSchema } from './definition.schema.ts';
import { hashDefinition } from './definition-hash.ts';
import { findMeaningProblems } from './meaning-problems.ts';
import type { WorkflowProblem } from './problem.ts';
import { sortProblems } from './problem.ts';
import { describeSchemaIssue } from './schema-problems.ts';
import { readYaml } from './yaml-source.ts';

export type ParsedWorkflow =
  | {
      readonly status: 'valid';
      readonly definition: WorkflowDefinition;
      /** sha256 of the definition's canonical JSON, in hex: what a session pins. */
      readonly hash: string;
    }
  | { readonly status: 'broken'; readonly problems: readonly WorkflowProblem[] };

/** `file` is only shown, in problems. */
export function parseWorkflow(text: string, file: string): ParsedWorkflow {
  const source = readYaml(text);
  if (!source.readable) return { status: 'broken', problems: sortProblems(file, source.problems) };
  const shape = definitionSchema.safeParse(source.value);
  const shapeProblems = (shape.error?.issues ?? []).flatMap((issue) =>
    describeSchemaIssue(issue, source),
  );
  const problems = [...source.problems, ...shapeProblems, ...findMeaningProblems(source)];
  if (shape.success && problems.length === 0) {
    return { status: 'valid', definition: shape.data, hash: hashDefinition(shape.data) };
  }
  return { status: 'broken', problems: sortProblems(file, problems) };
}
