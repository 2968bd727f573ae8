/** Occurrences of cron expressions: changes of the clocks, nonsense, and what was missed between two times. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  findRecurrenceProblem,
  listOccurrences,
  nextOccurrence,
  type Recurrence,
} from './schedule.ts';

const berlin = (cron: string): Recurrence => ({ cron, timeZone: 'Europe/Berlin' });
const newYork = (cron: string): Recurrence => ({ cron, timeZone: 'America/New_York' });
const utc = (cron: string): Recurrence => ({ cron, timeZone: 'UTC' });

function next(recurrence: Recurrence, after: string, count: number): readonly string[] {
  const found: number[] = [];
  for (let atMs = Date.parse(after); found.length < count;) {
    atMs = nextOccurrence(recurrence, atMs) ?? Infinity;
    found.push(atMs);
  }
  return found.map((atMs) => new Date(atMs).toISOString().slice(0, 16));
}

describe('the next occurrence', () => {
  it('is strictly later', () => {
    expect(next(utc('0 8 * * *'), '2026-01-01T08:00:00.000Z', 1)).toEqual(['2026-01-02T08:00']);
    expect(next(utc('0 8 * * *'), '2026-01-01T07:59:59.999Z', 1)).toEqual(['2026-01-01T08:00']);
  });

  it('has seconds with six fields', () => {
    const everyTenth = utc('*/10 * * * * *');
    expect(nextOccurrence(everyTenth, Date.UTC(2026, 0, 1, 0, 0, 1))).toBe(
      Date.UTC(2026, 0, 1, 0, 0, 10),
    );
  });

  it('of a time that does not exist is the first one that does', () => {
    // On 29 March the clocks go from 2 to 3 o'clock, which is 1:00 UTC.
    expect(next(berlin('30 2 * * *'), '2026-03-28T00:00:00Z', 3)).toEqual([
      '2026-03-28T01:30',
      '2026-03-29T01:00',
      '2026-03-30T00:30',
    ]);
    expect(next(newYork('30 2 * * *'), '2026-03-07T12:00:00Z', 2)).toEqual([
      '2026-03-08T07:00',
      '2026-03-09T06:30',
    ]);
  });

  it('of times within a gap is on the next day', () => {
    expect(next(berlin('*/20 2 * * *'), '2026-03-28T03:00:00Z', 1)).toEqual(['2026-03-30T00:00']);
    expect(next(newYork('*/20 2 * * *'), '2026-03-07T12:00:00Z', 1)).toEqual(['2026-03-09T06:00']);
  });

  it('of a time that exists twice is one', () => {
    expect(next(berlin('30 2 * * *'), '2026-10-24T12:00:00Z', 2)).toEqual([
      '2026-10-25T00:30',
      '2026-10-26T01:30',
    ]);
    expect(next(newYork('30 1 * * *'), '2026-10-31T12:00:00Z', 2)).toEqual([
      '2026-11-01T05:30',
      '2026-11-02T06:30',
    ]);
  });

  it('of every hour is every real hour, whatever the clocks show', () => {
    expect(next(berlin('0 * * * *'), '2026-10-24T23:30:00Z', 4)).toEqual([
      '2026-10-25T00:00',
      '2026-10-25T01:00',
      '2026-10-25T02:00',
      '2026-10-25T03:00',
    ]);
    expect(next(newYork('0 * * * *'), '2026-03-08T05:30:00Z', 3)).toEqual([
      '2026-03-08T06:00',
      '2026-03-08T07:00',
      '2026-03-08T08:00',
    ]);
  });
});

describe('nonsense', () => {
  it.each([
    ['', 'has 1 fields'],
    ['* * * *', 'has 4 fields'],
    ['* * * * * * *', 'has 7 fields'],
    ['@daily', 'has 1 fields'],
    ['61 * * * *', 'is not understood'],
    ['a b c d e', 'is not understood'],
    ['*/0 * * * *', 'is not understood'],
    ['5-1 * * * *', 'is not understood'],
    ['0 0 30 2 *', 'never comes due'],
  ])('"%s" is refused with the reason', (cron, reason) => {
    expect(findRecurrenceProblem(utc(cron), 0)).toContain(reason);
  });

  it.each(['', 'Mars/Olympus', '+02:00'])('the time zone "%s" is refused', (timeZone) => {
    expect(findRecurrenceProblem({ cron: '0 8 * * *', timeZone }, 0)).toContain('time zone');
  });

  it('is not what is rare', () => {
    expect(findRecurrenceProblem(utc('0 0 29 2 *'), 0)).toBeUndefined();
    expect(findRecurrenceProblem(berlin('  0  12 * *  MON#2 '), 0)).toBeUndefined();
  });
});

describe('the occurrences between two times', () => {
  const hour = 3_600_000;
  const list = (cron: string, afterMs: number, throughMs: number, atMost = 100) =>
    listOccurrences(utc(cron), { afterMs, throughMs, atMost });

  it('leave out the first instant and take in the last', () => {
    expect(list('0 * * * *', hour, 3 * hour)).toEqual({ atMs: [2 * hour, 3 * hour], more: false });
    expect(list('0 * * * *', hour, hour)).toEqual({ atMs: [], more: false });
  });

  it('are the newest ones when there are too many', () => {
    const month = 30 * 24 * hour;
    expect(list('* * * * * *', 0, month, 2)).toEqual({ atMs: [month - 1_000, month], more: true });
  });

  it('are those that come one after the other, over changes of the clocks as well', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('30 2 * * *', '*/20 1-3 * * *', '0 * * * *', '15 30 1 * * *', '0 3 * * 0'),
        fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'),
        fc.constantFrom('2026-03-07', '2026-03-28', '2026-04-04', '2026-10-03', '2026-10-24'),
        fc.integer({ min: 0, max: 48 * 3_600 }),
        fc.integer({ min: 0, max: 72 * 3_600_000 }),
        (cron, timeZone, day, offsetSeconds, lengthMs) => {
          const recurrence = { cron, timeZone };
          const afterMs = Date.parse(day) + offsetSeconds * 1_000;
          const throughMs = afterMs + lengthMs;
          const forwards: number[] = [];
          for (let atMs = afterMs; ;) {
            atMs = nextOccurrence(recurrence, atMs) ?? Infinity;
            if (atMs > throughMs) break;
            forwards.push(atMs);
          }
          const backwards = listOccurrences(recurrence, { afterMs, throughMs, atMost: 1_000 });
          expect(backwards).toEqual({ atMs: forwards, more: false });
        },
      ),
      { numRuns: 200 },
    );
  });
});
