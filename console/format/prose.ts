/**
 * The little Markdown that prompts and agents use, as blocks: headings, paragraphs, lists, fenced code,
 * and code and bold inside a line. What it does not know stays as it was written. Pure.
 */

export type ProseSpan = { readonly type: 'text' | 'code' | 'bold'; readonly text: string };

export type ProseBlock =
  | { readonly type: 'heading' | 'paragraph'; readonly spans: readonly ProseSpan[] }
  | { readonly type: 'list'; readonly items: readonly (readonly ProseSpan[])[] }
  | { readonly type: 'code'; readonly text: string };

export function readProse(text: string): readonly ProseBlock[] {
  const blocks: ProseBlock[] = [];
  const lines = text.split('\n');
  for (let at = 0; at < lines.length;) {
    const line = lines[at] ?? '';
    if (line.startsWith('```')) {
      const end = lines.findIndex((each, index) => index > at && each.startsWith('```'));
      const last = end === -1 ? lines.length : end;
      blocks.push({ type: 'code', text: lines.slice(at + 1, last).join('\n') });
      at = last + 1;
      continue;
    }
    const heading = /^#{1,6} +(.+)$/u.exec(line)?.[1];
    if (heading !== undefined) {
      blocks.push({ type: 'heading', spans: readSpans(heading) });
      at += 1;
      continue;
    }
    const taken = takeWhile(lines, at, isItem(line) ? isItemOrItsRest : isPlain);
    if (taken.length === 0) at += 1;
    else blocks.push(isItem(line) ? readList(taken) : readParagraph(taken));
    at += taken.length;
  }
  return blocks;
}

function takeWhile(
  lines: readonly string[],
  from: number,
  fits: (line: string) => boolean,
): readonly string[] {
  const end = lines.findIndex((line, index) => index >= from && !fits(line));
  return lines.slice(from, end === -1 ? lines.length : end);
}

const itemPattern = /^\s*(?:[-*]|\d+\.) +/u;

function isItem(line: string): boolean {
  return itemPattern.test(line);
}

function isItemOrItsRest(line: string): boolean {
  return isItem(line) || /^ {2,}\S/u.test(line);
}

function isPlain(line: string): boolean {
  return line.trim() !== '' && !isItem(line) && !/^(?:```|#{1,6} )/u.test(line);
}

function readParagraph(lines: readonly string[]): ProseBlock {
  return { type: 'paragraph', spans: readSpans(lines.join('\n')) };
}

function readList(lines: readonly string[]): ProseBlock {
  const items: string[] = [];
  for (const line of lines) {
    if (isItem(line)) items.push(line.replace(itemPattern, ''));
    else items.push(`${items.pop() ?? ''} ${line.trim()}`);
  }
  return { type: 'list', items: items.map(readSpans) };
}

function readSpans(text: string): readonly ProseSpan[] {
  return text
    .split(/(`[^`\n]+`|\*\*[^*\n]+\*\*)/u)
    .filter((part) => part !== '')
    .map((part) => {
      if (part.length > 2 && part.startsWith('`') && part.endsWith('`')) {
        return { type: 'code', text: part.slice(1, -1) };
      }
      return part.length > 4 && part.startsWith('**') && part.endsWith('**')
        ? { type: 'bold', text: part.slice(2, -2) }
        : { type: 'text', text: part };
    });
}
