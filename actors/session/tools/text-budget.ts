/** Owns fitting lists of lines into the room a tool result has. Pure. */

export interface FittedLines {
  readonly lines: readonly string[];
  /** Lines that did not fit, at the end. */
  readonly leftOut: number;
}

/** As many whole lines from the beginning as fit; a first line that is too long by itself is cut. */
export function fitLines(lines: readonly string[], maxBytes: number): FittedLines {
  let used = 0;
  for (const [index, line] of lines.entries()) {
    used += Buffer.byteLength(line) + 1;
    if (used <= maxBytes) continue;
    if (index > 0) return { lines: lines.slice(0, index), leftOut: lines.length - index };
    return { lines: [cutLine(line, maxBytes)], leftOut: lines.length - 1 };
  }
  return { lines, leftOut: 0 };
}

function cutLine(line: string, maxBytes: number): string {
  const bytes = Buffer.from(line);
  // A character split by the cut decodes to U+FFFD at the very end.
  const kept = bytes
    .subarray(0, maxBytes)
    .toString('utf8')
    .replace(/\ufffd$/u, '');
  return `${kept} [... ${bytes.byteLength - Buffer.byteLength(kept)} bytes of this line left out ...]`;
}
