import { describe, expect, it } from 'vitest';
import { describeToolCall } from './describe-tool-call.ts';

describe('describeToolCall', () => {
  it('leads with the command or the path and keeps the rest', () => {
    expect(describeToolCall({ timeoutMs: 5, command: 'npm test' })).toEqual({
      lead: 'npm test',
      isProse: false,
      rest: { timeoutMs: 5 },
    });
    expect(describeToolCall({ path: 'a.ts', pattern: 'x' })).toEqual({
      lead: 'a.ts',
      isProse: false,
      rest: { pattern: 'x' },
    });
  });

  it('knows that notes are prose', () => {
    expect(describeToolCall({ notes: 'Done.' })).toEqual({
      lead: 'Done.',
      isProse: true,
      rest: {},
    });
  });

  it('shows an input it does not know whole', () => {
    expect(describeToolCall({ verdict: { ok: true } })).toEqual({
      lead: '',
      isProse: false,
      rest: { verdict: { ok: true } },
    });
  });
});
