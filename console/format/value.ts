/** JSON values as one readable line, and texts as a beginning. */
import type { Json } from '../../runtime/contract/json.ts';

export function formatValue(value: Json | undefined): string {
  if (value === undefined || value === null) return '–';
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(Math.round(value * 100) / 100);
  if (typeof value === 'boolean') return String(value);
  if (isList(value))
    return value.length === 0 ? 'none' : value.map((each) => formatValue(each)).join(', ');
  return Object.entries(value)
    .map(([key, each]) => `${formatKey(key)} ${formatValue(each)}`)
    .join(', ');
}

function isList(value: Json): value is Extract<Json, readonly unknown[]> {
  return Array.isArray(value);
}

/** `inputTokens` -> `input tokens` */
export function formatKey(key: string): string {
  return key.replace(/([a-z0-9])([A-Z])/gu, '$1 $2').toLowerCase();
}

/** `merge-request` -> `merge request` */
export function formatKind(kind: string): string {
  return kind.replaceAll('-', ' ');
}

/** `mergeRequestOpened` -> `Merge request opened` */
export function formatEventType(type: string): string {
  const words = formatKey(type);
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`;
}

/** The first line, cut at a word boundary where one is near. */
export function firstLine(text: string, maxLength: number): string {
  const line = text.trimStart().split('\n', 1)[0] ?? '';
  if (line.length <= maxLength) return line;
  const cut = line.slice(0, maxLength);
  const space = cut.lastIndexOf(' ');
  return `${space > maxLength * 0.7 ? cut.slice(0, space) : cut}…`;
}

export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-GB')} ${count === 1 ? one : many}`;
}

/** A commit is known by its first eight digits, wherever it is named. */
export function shortenShas(text: string): string {
  return text.replace(/\b[0-9a-f]{40}\b/gu, (sha) => sha.slice(0, 8));
}
