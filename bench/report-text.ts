/** The report as text: the machine, then one table per benchmark and sync mode. Pure. */
import type { Figure } from './figure.ts';
import type { Machine } from './machine.ts';
import type { Report } from './suite.ts';

export function formatReport(report: Report): string {
  const tables = groupBy(
    report.figures,
    ({ benchmark, syncMode }) => `${benchmark}, sync ${syncMode}`,
  );
  return [
    formatMachine(report.machine),
    'Median of the rounds (lowest – highest). bench/README.md says what each figure means.',
    ...[...tables].map(([title, figures]) => `${title}\n${formatTable(figures)}`),
    `Took ${Math.round(report.elapsedSeconds)} s.`,
  ].join('\n\n');
}

export function formatMachine(machine: Machine): string {
  const { processor, cores, memoryGiB, platform, node, nats, load, fsyncMs } = machine;
  return [
    `${processor}, ${cores} cores, ${memoryGiB} GiB, ${platform}`,
    `node ${node}, nats-server ${nats}, R1 file`,
    `load at start ${load.toFixed(1)}, 2 KB append with fsync ${fsyncMs.toFixed(2)} ms`,
  ].join('\n');
}

function formatTable(figures: readonly Figure[]): string {
  const measures = [...new Set(figures.map(({ measure }) => measure))];
  const rows = [...groupBy(figures, ({ subject, actors }) => `${subject}/${actors}`).values()];
  const lines = [
    ['', 'actors', ...measures],
    ...rows.map((row) => [
      row[0]?.subject ?? '',
      String(row[0]?.actors ?? ''),
      ...measures.map((measure) => formatFigure(row.find((figure) => figure.measure === measure))),
    ]),
  ];
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  return lines.map((line) => formatLine(line, widths)).join('\n');
}

/** The first column is text, the others are numbers. */
function formatLine(cells: readonly string[], widths: readonly number[]): string {
  const padded = cells.map((cell, column) =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
  );
  return `  ${padded.join('   ')}`.trimEnd();
}

export function formatFigure(figure: Figure | undefined): string {
  if (figure === undefined) return '';
  const { median, min, max, measure } = figure;
  const format = measure.startsWith('of ') ? formatShare : formatNumber;
  const spread = min === max ? '' : ` (${format(min)} – ${format(max)})`;
  return `${format(median)}${spread}`;
}

function formatShare(value: number): string {
  return `${Math.round(value * 100)} %`;
}

function formatNumber(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2);
}

export function groupBy<Value>(
  values: readonly Value[],
  keyOf: (value: Value) => string,
): ReadonlyMap<string, readonly Value[]> {
  const groups = new Map<string, Value[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group === undefined) groups.set(keyOf(value), [value]);
    else group.push(value);
  }
  return groups;
}
