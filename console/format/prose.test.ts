import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readProse, type ProseBlock } from './prose.ts';

function wordsOf(blocks: readonly ProseBlock[]): string {
  return blocks
    .map((block) => {
      if (block.type === 'code') return block.text;
      const lines = block.type === 'list' ? block.items : [block.spans];
      return lines.map((spans) => spans.map(({ text }) => text).join('')).join(' ');
    })
    .join(' ');
}

describe('readProse', () => {
  it('reads what prompts and agents write', () => {
    const text =
      '# Verify\nRun `npm test`.\nTwice.\n\n- one\n  more\n2. **two**\n\n```sh\n# a\n```\nend';
    expect(readProse(text)).toEqual([
      { type: 'heading', spans: [{ type: 'text', text: 'Verify' }] },
      {
        type: 'paragraph',
        spans: [
          { type: 'text', text: 'Run ' },
          { type: 'code', text: 'npm test' },
          { type: 'text', text: '.\nTwice.' },
        ],
      },
      {
        type: 'list',
        items: [[{ type: 'text', text: 'one more' }], [{ type: 'bold', text: 'two' }]],
      },
      { type: 'code', text: '# a' },
      { type: 'paragraph', spans: [{ type: 'text', text: 'end' }] },
    ]);
  });

  it('takes a fence that is never closed to the end', () => {
    expect(readProse('```\na\nb')).toEqual([{ type: 'code', text: 'a\nb' }]);
  });

  it('loses no word of any text', () => {
    const letters = fc.constantFrom('a', ' ', '\n', '#', '-', '`', '*', '1', '.');
    fc.assert(
      fc.property(fc.string({ unit: letters }), (text) => {
        const count = (whole: string): number => whole.split('a').length;
        // The word after a fence names its language.
        const kept = text.replace(/^```.*$/gmu, '```');
        expect(count(wordsOf(readProse(kept)))).toBe(count(kept));
      }),
    );
  });
});
