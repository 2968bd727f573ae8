/** Where a long text is cut. Pure. */

/** A line longer than this counts as several: one line of minified output is not short. */
const charactersPerLine = 140;
/** Hiding only a line or two costs more attention than showing them. */
const slackLines = 2;

export interface FoldedText {
  readonly text: string;
  readonly isFolded: boolean;
  /** Line breaks that are not shown; 0 when the cut is inside a line. */
  readonly hiddenLines: number;
}

export function foldText(text: string, maxLines: number): FoldedText {
  const lines = text.split('\n');
  const cost = (line: string): number => Math.max(1, Math.ceil(line.length / charactersPerLine));
  const total = lines.reduce((sum, line) => sum + cost(line), 0);
  if (total <= maxLines + slackLines) return { text, isFolded: false, hiddenLines: 0 };
  const shown: string[] = [];
  let left = maxLines;
  for (const line of lines) {
    if (left <= 0) break;
    shown.push(line.slice(0, left * charactersPerLine));
    left -= cost(line);
  }
  return { text: shown.join('\n'), isFolded: true, hiddenLines: lines.length - shown.length };
}
