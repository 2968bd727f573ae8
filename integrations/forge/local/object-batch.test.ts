import { describe, expect, it } from 'vitest';
import { SignalboxError } from '../../../runtime/contract/errors.ts';
import { parseBatch } from './object-batch.ts';

describe('parseBatch', () => {
  it('reads objects by their size in bytes, whatever is in them', () => {
    const text = 'é\nabc blob 3\n';
    const size = Buffer.byteLength(text);
    const output = Buffer.from(`abc1 blob ${size}\n${text}\nwhat ever missing\nabc2 blob 0\n\n`);
    expect(parseBatch(output, 3)).toEqual([text, undefined, '']);
  });

  it('refuses an answer that stops early', () => {
    expect(() => parseBatch(Buffer.from('abc1 blob 1\nx\n'), 2)).toThrow(SignalboxError);
  });
});
