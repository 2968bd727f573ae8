/** Owns the reading of `git grep -z -n` output as it streams in, in bounded memory. Knows nothing of processes. */
import type { SearchHit } from '../../actors/ports/workspace.ts';

/** Longer lines (minified code, data) are cut: a hit shows where to look. */
export const maxHitBytes = 500;

/** Longer than any path a file system allows. */
const maxPathBytes = 8192;

const newline = 0x0a;

export interface SearchOutput {
  /** True when there are more than `limit` hits: the rest need not be read. */
  add(chunk: Uint8Array): boolean;
  finish(): { readonly hits: readonly SearchHit[]; readonly truncated: boolean };
}

/** A record is `path NUL line NUL text LF`; some versions of git put a colon after the line. */
export function readSearchOutput(limit: number): SearchOutput {
  const hits: SearchHit[] = [];
  let field: 'path' | 'line' | 'text' = 'path';
  let path = '';
  let line = '';
  let bytes: number[] = [];
  let truncated = false;

  const take = (): string => {
    const text = Buffer.from(bytes).toString('utf8');
    bytes = [];
    return text;
  };
  const endRecord = (): void => {
    const text = take().replace(/\r$/u, '');
    if (hits.length < limit) hits.push({ path, line: Number(line), text });
    else truncated = true;
    field = 'path';
  };
  const addByte = (byte: number): void => {
    if (field === 'path' && byte === 0) {
      path = take();
      field = 'line';
    } else if (field === 'line' && (byte < 0x30 || byte > 0x39)) {
      line = take();
      field = 'text';
    } else if (field === 'text' && byte === newline) {
      endRecord();
    } else if (bytes.length < (field === 'text' ? maxHitBytes : maxPathBytes)) {
      bytes.push(byte);
    }
  };
  return {
    add(chunk) {
      for (const byte of chunk) {
        if (truncated) break;
        addByte(byte);
      }
      return truncated;
    },
    finish() {
      if (field === 'text') endRecord();
      return { hits, truncated };
    },
  };
}
