/** Where commands write: results to standard output, as text or JSON; everything else to standard error. */
import type { Json } from '../runtime/contract/json.ts';

export interface Output {
  readonly json: boolean;
  /** The result: `data` as one JSON object with `--json`, else the lines. */
  result(data: unknown, lines: readonly string[]): void;
  /** Progress, for a person; goes to standard error when the result is JSON. */
  tell(line: string): void;
  warn(line: string): void;
}

export function createOutput(json: boolean): Output {
  const toOut = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  const toError = (line: string): void => {
    process.stderr.write(`${line}\n`);
  };
  return {
    json,
    result: (data, lines) => {
      if (json) toOut(JSON.stringify(data));
      else for (const line of lines) toOut(line);
    },
    tell: json ? toError : toOut,
    warn: toError,
  };
}

/** The first line of a fact that should be text; empty when it is something else. */
export function firstLineOf(fact: Json | undefined): string {
  return typeof fact === 'string' ? (fact.split('\n')[0] ?? '') : '';
}

/** Of storage: three digits are enough to see what is large. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const step = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
  const value = bytes / 1_000 ** step;
  return `${value.toFixed(step === 0 || value >= 100 ? 0 : 1)} ${units[step] ?? ''}`;
}

/** Columns of equal width, for lists. */
export function formatTable(rows: readonly (readonly Json[])[]): readonly string[] {
  const texts = rows.map((row) =>
    row.map((cell) => (typeof cell === 'string' ? cell : JSON.stringify(cell))),
  );
  const widths = (texts[0] ?? []).map((_, column) =>
    Math.max(...texts.map((row) => (row[column] ?? '').length)),
  );
  return texts.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
