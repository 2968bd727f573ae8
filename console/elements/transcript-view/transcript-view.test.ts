import { describe, expect, it } from 'vitest';
import { describeToolCall } from './describe-tool-call.ts';

describe('describeToolCall', () => {
  it('leads with the command or the path and keeps the rest', () => {
    expect(describeToolCall({ timeoutMs: 5, command: 'npm test' })).toEqual({
      lead: 'npm test',
      rest: { timeoutMs: 5 },
    });
    expect(describeToolCall({ path: 'a.ts', pattern: 'x' })).toEqual({
      lead: 'a.ts',
      rest: { pattern: 'x' },
    });
  });

  it('shows an input it does not know whole', () => {
    expect(describeToolCall({ verdict: { ok: true } })).toEqual({
      lead: '',
      rest: { verdict: { ok: true } },
    });
  });
});
