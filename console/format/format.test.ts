import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../runtime/contract/json.ts';
import { describeEvent } from './describe-event.ts';
import { formatAge, formatDuration } from './time.ts';
import { firstLine, formatEventType, formatValue, shortenShas } from './value.ts';

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
  const kind = 'merge-request';
  const sha = '0123456789abcdef0123456789abcdef01234567';

  it.each([
    [
      'toolFinished',
      { tool: 'bash', outcome: 'failed', exitCode: 1, durationMs: 2_697.99 },
      'bash failed',
      'exit 1 · 2.6 s',
      'warning',
    ],
    [
      'stepStarted',
      { title: 'Verify', index: 2, of: 4, round: 1 },
      'Step 3 of 4: Verify, round 1',
      '',
      'active',
    ],
    [
      'modelCalled',
      {
        turn: 5,
        calls: ['bash', 'complete_step'],
        usage: { inputTokens: 1_200, outputTokens: 121 },
      },
      'Turn 5',
      'bash, complete step · 1,200 tokens in, 121 out',
      'neutral',
    ],
    [
      'steered',
      { text: 'Use a map.\nPlease.', from: 'console' },
      'Steered by a person, in the console',
      'Use a map.',
      'active',
    ],
    [
      'sessionParked',
      { round: 0 },
      'Parked',
      'Sleeps, and costs nothing, until something happens',
      'waiting',
    ],
    [
      'proofRecorded',
      {
        verdict: 'failed',
        command: 'npm test',
        exitCode: 2,
        durationMs: 900,
        changedFiles: ['a', 'b'],
      },
      'Verified: not passed',
      'npm test · exit 2 · 900 ms · 2 files',
      'bad',
    ],
    [
      'runCompleted',
      { outcome: 'merged', reason: `merged as ${sha}` },
      'Run completed: merged',
      'merged as 01234567',
      'good',
    ],
    [
      'runFailed',
      { outcome: 'escalated', reason: 'no rounds left' },
      'Run failed: escalated',
      'no rounds left',
      'bad',
    ],
    ['actorEnded', {}, 'Merge request ended', '', 'neutral'],
    ['actorEnded', { error: { message: 'boom' } }, 'Merge request broke', 'boom', 'bad'],
  ] as const)('%s %j', (type, data, title, detail, tone) => {
    expect(describeEvent({ kind, type, data: structuredClone(data) as JsonObject })).toMatchObject({
      title,
      detail,
      tone,
    });
  });

  it('shows every value of a type it does not know', () => {
    expect(
      describeEvent({ kind, type: 'somethingNew', data: { itemCount: 3, note: 'a\nb' } }),
    ).toEqual({
      title: 'Something new',
      detail: 'item count 3 · note a',
      tone: 'neutral',
      weight: 'plain',
    });
  });

  it('reads what is missing as empty', () => {
    expect(describeEvent({ kind, type: 'runFailed', data: {} })).toMatchObject({
      title: 'Run failed',
      detail: '',
    });
  });
});

describe('values', () => {
  it('reads nested values as one line', () => {
    expect(formatValue({ inputTokens: 12, files: ['a', 'b'], none: [] })).toBe(
      'input tokens 12, files a, b, none none',
    );
  });

  it('shortens commit ids wherever they stand', () => {
    const sha = 'a'.repeat(40);
    expect(shortenShas(`from ${sha} to ${sha}`)).toBe('from aaaaaaaa to aaaaaaaa');
    expect(shortenShas(`${sha}b`)).toBe(`${sha}b`);
  });

  it('names an event type in words', () => {
    expect(formatEventType('mergeRequestOpened')).toBe('Merge request opened');
  });

  it('cuts at a word where one is near', () => {
    expect(firstLine('one two three four', 15)).toBe('one two three…');
    expect(firstLine('abcdefghijklmnop', 5)).toBe('abcde…');
  });
});
