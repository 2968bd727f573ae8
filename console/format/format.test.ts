import { describe, expect, it } from 'vitest';
import { describeEvent, toneOfEvent } from './event-line.ts';
import { formatAge, formatDuration } from './time.ts';
import { firstLine, formatEventType, formatValue } from './value.ts';

describe('formatDuration', () => {
  it.each([
    [0, '0 ms'],
    [340.4, '340 ms'],
    [4_290, '4.2 s'],
    [42_900, '42 s'],
    [185_000, '3 min 05 s'],
    [7_860_000, '2 h 11 min'],
    [273_600_000, '3 d 4 h'],
    [-5, '0 ms'],
  ])('%d ms is %s', (durationMs, text) => {
    expect(formatDuration(durationMs)).toBe(text);
  });
});

describe('formatAge', () => {
  it.each([
    [900, 'just now'],
    [40_000, '40 s ago'],
    [200_000, '3 min ago'],
    [7_300_000, '2 h ago'],
    [500_000_000, '5 d ago'],
  ])('%d ms is %s', (ageMs, text) => {
    expect(formatAge(ageMs)).toBe(text);
  });
});

describe('describeEvent', () => {
  it('tells what matters of a known type', () => {
    const data = { tool: 'bash', outcome: 'failed', exitCode: 1, callId: 'x' };
    expect(describeEvent({ type: 'toolFinished', data })).toBe('bash · failed · exit 1');
  });

  it('shows every value of a type it does not know', () => {
    expect(describeEvent({ type: 'somethingNew', data: { itemCount: 3, note: 'a\nb' } })).toBe(
      'item count 3 · note a',
    );
  });

  it('shows a known type whose keys have changed like an unknown one', () => {
    expect(describeEvent({ type: 'runFailed', data: { why: 'disk full' } })).toBe('why disk full');
  });

  it('reads durations and exit codes', () => {
    const data = { command: 'npm test', exitCode: 0, durationMs: 4_290 };
    expect(describeEvent({ type: 'testsRan', data })).toBe('npm test · exit 0 · duration 4.2 s');
  });

  it('shortens commit ids', () => {
    const sha = '0123456789abcdef0123456789abcdef01234567';
    expect(describeEvent({ type: 'committed', data: { sha } })).toBe('01234567');
  });
});

describe('toneOfEvent', () => {
  it.each([
    ['runFailed', {}, 'bad'],
    ['runCompleted', {}, 'good'],
    ['toolFinished', { exitCode: 2 }, 'warning'],
    ['toolFinished', { exitCode: 0 }, 'neutral'],
    ['sessionParked', {}, 'waiting'],
    ['steered', {}, 'active'],
  ])('%s %j is %s', (type, data, tone) => {
    expect(toneOfEvent({ type, data })).toBe(tone);
  });
});

describe('values', () => {
  it('reads nested values as one line', () => {
    expect(formatValue({ inputTokens: 12, files: ['a', 'b'], none: [] })).toBe(
      'input tokens 12, files a, b, none none',
    );
  });

  it('names an event type in words', () => {
    expect(formatEventType('mergeRequestOpened')).toBe('Merge request opened');
  });

  it('cuts at a word where one is near', () => {
    expect(firstLine('one two three four', 15)).toBe('one two three…');
    expect(firstLine('abcdefghijklmnop', 5)).toBe('abcde…');
  });
});
