import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { captureOutput } from './output-capture.ts';

function capture(chunks: readonly (string | Uint8Array)[], max: number, fullLimit?: number) {
  const output = captureOutput(max, fullLimit);
  for (const chunk of chunks) output.add(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  return output.finish();
}

describe('captureOutput', () => {
  it('shows a short output as it is', () => {
    expect(capture(['ab', 'cä'], 100)).toEqual({ text: 'abcä', bytes: 5, truncated: false });
    expect(capture([], 100)).toEqual({ text: '', bytes: 0, truncated: false });
  });

  it('shows beginning and end of a long one, and keeps it whole', () => {
    const whole = Array.from({ length: 100 }, (_, line) => `line ${line}\n`);
    const output = capture(whole, 128);
    expect(output.truncated).toBe(true);
    expect(output.bytes).toBe(790);
    expect(output.text).toMatch(/^line 0\nline 1\n/u);
    expect(output.text).toMatch(/line 99\n$/u);
    expect(output.text).toContain('[... 726 bytes left out ...]');
    expect(Buffer.from(output.full ?? []).toString()).toBe(whole.join(''));
  });

  it('says in the full text what is past the hard limit', () => {
    const output = capture(['x'.repeat(500), 'y'.repeat(500)], 100, 600);
    const full = Buffer.from(output.full ?? []).toString();
    expect(full.startsWith('x'.repeat(500) + 'y'.repeat(100))).toBe(true);
    expect(full).toContain('[... the last 400 bytes were not kept ...]');
    expect(output.text).toMatch(/^x+\n\[\.\.\. 964 bytes left out \.\.\.\]\ny+$/u);
  });

  it('makes text of bytes that are none', () => {
    const output = capture([Uint8Array.of(0x61, 0xff, 0xfe, 0x00, 0x62)], 100);
    expect(output.text).toBe('a\ufffd\ufffd\ufffdb');
    expect(output.bytes).toBe(5);
  });

  it('cuts between characters', () => {
    const { text } = capture(['ä€😀'.repeat(200)], 201);
    expect(text).not.toContain('\ufffd');
  });

  it('stays within its limit and counts every byte, whatever is written', () => {
    const anyChunk = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.string({ unit: 'binary', maxLength: 100 }).map((text) => new TextEncoder().encode(text)),
    );
    const anyLimit = fc.integer({ min: 64, max: 400 });
    fc.assert(
      fc.property(fc.array(anyChunk, { maxLength: 12 }), anyLimit, (chunks, max) => {
        const written = Buffer.concat(chunks);
        const output = capture(chunks, max, 500);
        expect(Buffer.byteLength(output.text)).toBeLessThanOrEqual(max);
        expect(output.bytes).toBe(written.byteLength);
        expect(output.full !== undefined).toBe(output.truncated);
        if (!output.truncated) return;
        const kept = Buffer.from(output.full ?? []).subarray(0, Math.min(500, written.byteLength));
        expect(kept.equals(written.subarray(0, 500))).toBe(true);
      }),
    );
  });
});
