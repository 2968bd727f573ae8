/**
 * Owns what is kept of one output stream, in bounded memory however much is written: the beginning and the end for
 * the conversation, and the whole text up to `maxFullBytes` for whoever wants to read on. Bytes that are not UTF-8
 * become U+FFFD. Reading the stream is the caller's.
 */
import type { CapturedOutput } from '../../actors/ports/workspace.ts';

/** The hard limit of `CapturedOutput.full`, per stream. What comes after it is counted, not kept, and `full` says so. */
export const maxFullBytes = 16 * 1024 * 1024;

/** Room for the marker between beginning and end, with a count of up to 15 digits. */
const markerBytes = 64;
const firstCapacity = 16 * 1024;

export interface OutputCapture {
  add(chunk: Uint8Array): void;
  finish(): CapturedOutput;
}

export function captureOutput(maxCapturedBytes: number, fullLimit = maxFullBytes): OutputCapture {
  const half = Math.max(0, Math.floor((maxCapturedBytes - markerBytes) / 2));
  const beginning = keepBeginning(Math.max(fullLimit, maxCapturedBytes));
  const end = keepEnd(half);
  let bytes = 0;
  return {
    add(chunk) {
      bytes += chunk.byteLength;
      beginning.add(chunk);
      end.add(chunk);
    },
    finish() {
      const kept = beginning.data();
      const whole = bytes === kept.byteLength ? wholeText(kept, maxCapturedBytes) : undefined;
      if (whole !== undefined) return { text: whole, bytes, truncated: false };
      const head = decodeWithin(kept.subarray(0, half), half, 'beginning');
      const tail = decodeWithin(end.data(), half, 'end');
      const leftOut = bytes - head.bytes - tail.bytes;
      const text = `${head.text}\n[... ${leftOut} bytes left out ...]\n${tail.text}`;
      return { text, bytes, truncated: true, full: fullText(kept, bytes) };
    },
  };
}

/** Invalid bytes and NUL become U+FFFD. A byte order mark is kept. */
function decode(data: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(data).replaceAll('\0', '\ufffd');
}

function wholeText(data: Uint8Array, maxBytes: number): string | undefined {
  if (data.byteLength > maxBytes) return undefined;
  const text = decode(data);
  return Buffer.byteLength(text) <= maxBytes ? text : undefined;
}

/** Decodes as much of `data` as fits in `budget` bytes of UTF-8, cut between characters. */
function decodeWithin(
  data: Uint8Array,
  budget: number,
  keep: 'beginning' | 'end',
): { readonly text: string; readonly bytes: number } {
  const trimmed = trimToCharacters(data, keep);
  const text = decode(trimmed);
  if (Buffer.byteLength(text) <= budget) return { text, bytes: trimmed.byteLength };
  // One byte that is not UTF-8 becomes three: a third of the budget always fits.
  const third = Math.floor(budget / 3);
  const part = keep === 'beginning' ? data.subarray(0, third) : data.subarray(data.length - third);
  const shorter = trimToCharacters(part, keep);
  return { text: decode(shorter), bytes: shorter.byteLength };
}

/** Drops a character that the cut has split; at most three bytes, as UTF-8 has no longer remainder. */
function trimToCharacters(data: Uint8Array, keep: 'beginning' | 'end'): Uint8Array {
  if (keep === 'end') {
    let start = 0;
    while (start < Math.min(3, data.length) && isContinuation(data[start])) start += 1;
    return data.subarray(start);
  }
  for (let back = 1; back <= Math.min(3, data.length); back += 1) {
    const byte = data[data.length - back];
    if (isContinuation(byte)) continue;
    return back < characterLength(byte) ? data.subarray(0, data.length - back) : data;
  }
  return data;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

function characterLength(first: number | undefined): number {
  if (first === undefined || first < 0xc0) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}

function fullText(kept: Uint8Array, bytes: number): Uint8Array {
  const missing = bytes - kept.byteLength;
  if (missing === 0) return kept;
  return Buffer.concat([
    kept,
    Buffer.from(`\n[... the last ${missing} bytes were not kept ...]\n`),
  ]);
}

/** One growing buffer, not a list of chunks: a program that writes byte by byte must not cost an object each. */
function keepBeginning(limit: number): { add(chunk: Uint8Array): void; data(): Uint8Array } {
  let buffer = Buffer.alloc(0);
  let used = 0;
  return {
    add(chunk) {
      const wanted = chunk.subarray(0, limit - used);
      const needed = used + wanted.byteLength;
      if (needed > buffer.byteLength) {
        const doubled = Math.max(firstCapacity, buffer.byteLength * 2, needed);
        const larger = Buffer.alloc(Math.min(limit, doubled));
        larger.set(buffer.subarray(0, used));
        buffer = larger;
      }
      buffer.set(wanted, used);
      used = needed;
    },
    data: () => buffer.subarray(0, used),
  };
}

/** The last `size` bytes, in a buffer twice as long so that it is moved together only now and then. */
function keepEnd(size: number): { add(chunk: Uint8Array): void; data(): Uint8Array } {
  const buffer = Buffer.alloc(size * 2);
  let used = 0;
  return {
    add(chunk) {
      const wanted = chunk.subarray(Math.max(0, chunk.byteLength - size));
      if (used + wanted.byteLength > buffer.byteLength) {
        const kept = Math.min(used, size);
        buffer.copyWithin(0, used - kept, used);
        used = kept;
      }
      buffer.set(wanted, used);
      used += wanted.byteLength;
    },
    data: () => buffer.subarray(Math.max(0, used - size), used),
  };
}
