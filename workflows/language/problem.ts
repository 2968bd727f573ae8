/** What is wrong with a definition, where, and how to put it right. */

/** Lines and columns count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface WorkflowProblem extends Position {
  readonly file: string;
  /** What is wrong, with the offending text. */
  readonly message: string;
  /** The fix. */
  readonly suggestion: string;
}

/** A problem before it is tied to a file. */
export interface LocatedProblem {
  readonly position: Position;
  readonly message: string;
  readonly suggestion: string;
}

/** `file:line:column message`, each followed by its fix on a line of its own. */
export function formatProblems(problems: readonly WorkflowProblem[]): string {
  return problems
    .map(
      ({ file, line, column, message, suggestion }) =>
        `${file}:${line}:${column} ${message}\n  fix: ${suggestion}`,
    )
    .join('\n');
}

/** Problems in reading order. */
export function sortProblems(
  file: string,
  problems: readonly LocatedProblem[],
): readonly WorkflowProblem[] {
  return problems
    .map(({ position, message, suggestion }) => ({ file, ...position, message, suggestion }))
    .sort((left, right) => left.line - right.line || left.column - right.column);
}

/** A value as shown in a message: one line, short. */
export function quoteValue(value: unknown): string {
  const maxShownLength = 60;
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= maxShownLength ? text : `${text.slice(0, maxShownLength)}…`;
}
