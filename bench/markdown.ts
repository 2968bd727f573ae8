/** The report as the tables of bench/README.md: one per benchmark, sync modes beside each other. Pure. */
import type { Figure } from './figure.ts';
import { formatFigure, formatMachine, groupBy } from './report-text.ts';
import type { Report } from './suite.ts';

export function formatMarkdown(report: Report): string {
  const benchmarks = groupBy(report.figures, ({ benchmark }) => benchmark);
  return [
    `Measured on ${report.date} with \`npm run bench\`:`,
    ['```', formatMachine(report.machine), '```'].join('\n'),
    ...[...benchmarks].map(([name, figures]) => `**${name}**\n\n${formatTable(figures)}`),
  ].join('\n\n');
}

/** A line per subject, number of actors and sync mode; a column per measure. */
function formatTable(figures: readonly Figure[]): string {
  const measures = [...new Set(figures.map(({ measure }) => measure))];
  const rows = groupBy(figures, ({ subject, actors, syncMode }) =>
    [subject, actors, syncMode].join('/'),
  );
  return [
    ['', 'sync', 'actors', ...measures],
    ['---', '---', '--:', ...measures.map(() => '--:')],
    ...[...rows.values()].map((row) => [
      row[0]?.subject ?? '',
      row[0]?.syncMode ?? '',
      (row[0]?.actors ?? 0).toLocaleString('en'),
      ...measures.map((measure) => formatFigure(row.find((figure) => figure.measure === measure))),
    ]),
  ]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}
