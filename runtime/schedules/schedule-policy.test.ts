/** What a schedule decides, without a machine: what is due, what of it runs, and what waits for what. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dateOfName,
  finishRunning,
  nameOccurrence,
  onTimeMs,
  planOccurrences,
  selectDue,
  takeUp,
  type Line,
} from './schedule-policy.ts';
import { readSettings } from './schedule-settings.ts';

const hour = 3_600_000;
const hourly = { cron: '0 * * * *', timeZone: 'UTC' };
const idle: Line = { running: null, queue: [] };

describe('a plan', () => {
  it('has what came due since the last one, and what comes next', () => {
    expect(planOccurrences(hourly, hour, 3 * hour + 5, 1)).toEqual({
      nowMs: 3 * hour + 5,
      throughMs: 3 * hour + 5,
      due: [2 * hour, 3 * hour],
      more: false,
      nextAtMs: 4 * hour,
    });
  });

  it('has nothing due when none are to be looked for', () => {
    expect(planOccurrences(hourly, null, hour, 1)).toMatchObject({ due: [], nextAtMs: 2 * hour });
  });

  it('has no occurrence twice when the clock was set back', () => {
    const plan = planOccurrences(hourly, 3 * hour, 2 * hour - 5, 1);
    expect(plan).toMatchObject({ due: [], throughMs: 3 * hour, nextAtMs: 4 * hour });
  });

  it('counts no more than a hundred, and says that there are more', () => {
    const plan = planOccurrences(hourly, 0, 500 * hour, 1);
    expect(plan.due.length).toBe(100);
    expect(plan.due.at(-1)).toBe(500 * hour);
    expect(plan.more).toBe(true);
  });
});

describe('of what is due', () => {
  const due = [hour, 2 * hour, 3 * hour];
  const late = { due, nowMs: 3 * hour + onTimeMs + 1 };
  const inTime = { due, nowMs: 3 * hour + onTimeMs };

  it.each([
    ['nothing that is late runs without catching up', late, { type: 'none' }, [], 3],
    ['the newest runs when it is in time', inTime, { type: 'none' }, [3 * hour], 2],
    ['the newest runs however late', late, { type: 'last' }, [3 * hour], 2],
    ['all run, up to a number', late, { type: 'all', atMost: 2 }, [2 * hour, 3 * hour], 1],
    ['nothing runs when nothing is', { due: [], nowMs: 0 }, { type: 'last' }, [], 0],
  ] as const)('%s', (_, plan, catchUp, run, missed) => {
    expect(selectDue(plan, catchUp)).toEqual({ run, missed });
  });
});

describe('an occurrence while another one is at work', () => {
  const busy: Line = { running: 'a', queue: [] };

  it('is skipped', () => {
    expect(takeUp(busy, ['b'], { type: 'skip' })).toEqual({
      line: busy,
      stop: [],
      start: [],
      told: [{ type: 'occurrenceSkipped', occurrence: 'b' }],
    });
  });

  it('waits in the queue, as many as fit', () => {
    const { line, told } = takeUp(busy, ['b', 'c', 'd'], { type: 'queue', atMost: 2 });
    expect(line).toEqual({ running: 'a', queue: ['b', 'c'] });
    expect(told.map(({ type }) => type)).toEqual([
      'occurrenceQueued',
      'occurrenceQueued',
      'occurrenceSkipped',
    ]);
    expect(finishRunning(line, 'done')).toEqual({
      line: { running: 'b', queue: ['c'] },
      stop: [],
      start: ['b'],
      told: [
        { type: 'occurrenceFinished', occurrence: 'a', outcome: 'done' },
        { type: 'occurrenceStarted', occurrence: 'b' },
      ],
    });
  });

  it('takes its place', () => {
    expect(takeUp(busy, ['b'], { type: 'replace' })).toEqual({
      line: { running: 'b', queue: [] },
      stop: ['a'],
      start: ['b'],
      told: [
        { type: 'occurrenceFinished', occurrence: 'a', outcome: 'replaced' },
        { type: 'occurrenceStarted', occurrence: 'b' },
      ],
    });
  });

  it('is never beside it, whatever the policy and the order', () => {
    const overlap = fc.constantFrom(
      { type: 'skip' } as const,
      { type: 'replace' } as const,
      { type: 'queue', atMost: 2 } as const,
    );
    fc.assert(
      fc.property(overlap, fc.array(fc.boolean()), (policy, steps) => {
        let line = idle;
        const alive = new Set<string>();
        const started: string[] = [];
        for (const [index, arrives] of steps.entries()) {
          const decision = arrives
            ? takeUp(line, [`o${index}`], policy)
            : finishRunning(line, 'done');
          if (!arrives && line.running !== null) alive.delete(line.running);
          for (const name of decision.stop) alive.delete(name);
          for (const name of decision.start) alive.add(name);
          started.push(...decision.start);
          ({ line } = decision);
          expect([...alive]).toEqual(line.running === null ? [] : [line.running]);
        }
        expect(new Set(started).size).toBe(started.length);
      }),
    );
  });
});

describe('the name of an occurrence', () => {
  it('says when it was due', () => {
    const atMs = Date.UTC(2026, 0, 2, 8, 30, 5);
    expect(nameOccurrence(atMs)).toBe('at-20260102T083005Z');
    expect(dateOfName(nameOccurrence(atMs))).toBe('2026-01-02T08:30:05.000Z');
    expect(dateOfName('now-3')).toBeNull();
  });
});

describe('the settings', () => {
  const settings = { cron: '0 8 * * *', target: 'report' };

  it('have defaults', () => {
    expect(readSettings(['report'], settings)).toEqual({
      status: 'sound',
      settings: {
        ...settings,
        timeZone: 'UTC',
        input: {},
        overlap: { type: 'skip' },
        catchUp: { type: 'none' },
      },
    });
  });

  it.each([
    [{ ...settings, cron: 'nonsense' }, 'fields'],
    [{ ...settings, timeZone: 'Nowhere' }, 'time zone'],
    [{ ...settings, target: 'other' }, 'it may start report'],
    [{ ...settings, overlaps: 'skip' }, 'overlaps'],
    [{ ...settings, overlap: { type: 'queue', atMost: 0 } }, 'overlap'],
    [{ ...settings, catchUp: { type: 'all', atMost: 3 } }, 'needs the overlap policy "queue"'],
    [{ target: 'report' }, 'cron'],
  ])('%j are refused', (input, reason) => {
    const reading = readSettings(['report'], input);
    expect(reading).toMatchObject({ status: 'refused' });
    expect(reading.status === 'refused' && reading.reason).toContain(reason);
  });
});
