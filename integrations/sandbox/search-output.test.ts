import { describe, expect, it } from 'vitest';
import { maxHitBytes, readSearchOutput } from './search-output.ts';

function read(text: string, limit: number, chunkBytes = 3) {
  const output = readSearchOutput(limit);
  const data = Buffer.from(text);
  for (let at = 0; at < data.length; at += chunkBytes) {
    output.add(data.subarray(at, at + chunkBytes));
  }
  return output.finish();
}

describe('readSearchOutput', () => {
  it('reads records however they are cut, with either separator', () => {
    expect(read('a b.ts\x0012\x00x: y\nä\n.ts\x003:z\r\n', 10)).toEqual({
      hits: [
        { path: 'a b.ts', line: 12, text: 'x: y' },
        { path: 'ä\n.ts', line: 3, text: 'z' },
      ],
      truncated: false,
    });
  });

  it('says that there are more only when there are', () => {
    const two = 'a\x001\x00x\na\x002\x00y\n';
    expect(read(two, 2)).toMatchObject({ truncated: false });
    expect(read(two, 1)).toEqual({ hits: [{ path: 'a', line: 1, text: 'x' }], truncated: true });
  });

  it('cuts a line without end', () => {
    const { hits } = read(`a\x001\x00${'x'.repeat(100_000)}\n`, 5, 1000);
    expect(hits[0]?.text).toHaveLength(maxHitBytes);
  });
});
