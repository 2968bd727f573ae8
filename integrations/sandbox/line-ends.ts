/** Owns what line ends a text has, and lines as people count them. Pure. */

/** `crlf` only when every line ends so; a mixture is left exactly as it is. */
export type LineEnds = 'lf' | 'crlf' | 'mixed';

export function detectLineEnds(text: string): LineEnds {
  if (!text.includes('\r\n')) return 'lf';
  return /(?<!\r)\n/u.test(text) ? 'mixed' : 'crlf';
}

/** Gives `text` the line ends of a file that uses `ends`. */
export function adoptLineEnds(text: string, ends: LineEnds): string {
  return ends === 'crlf' ? text.replaceAll(/\r?\n/gu, '\r\n') : text;
}

/** Lines without their ends; an end after the last line does not begin another. CRLF counts when all lines have it. */
export function splitLines(text: string): readonly string[] {
  if (text === '') return [];
  const lines = text.split(detectLineEnds(text) === 'crlf' ? '\r\n' : '\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
