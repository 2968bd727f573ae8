/** The order of service: limits, priorities, aging and turns, each by example and as a property of any line. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Priority } from '../core/lanes.ts';
import {
  agingTurns,
  fillSlots,
  joinLine,
  leaveLine,
  listOrder,
  mostWaiting,
  openLine,
  type Line,
  type SlotLimits,
  type SlotRequest,
} from './fair-line.ts';

function request(id: string, options: Partial<SlotRequest> = {}): SlotRequest {
  return { holder: { kind: 'job', id }, priority: 'normal', ...options };
}

function join(line: Line, ...requests: readonly SlotRequest[]): Line {
  return requests.reduce((before, each) => {
    const joining = joinLine(before, each);
    expect(joining.status).toBe('joined');
    return joining.status === 'joined' ? joining.line : before;
  }, line);
}

function idsOf(requests: readonly SlotRequest[]): readonly string[] {
  return requests.map(({ holder }) => holder.id);
}

/** One slot after the other, each given back at once: the order in which everyone is served. */
function serveAll(line: Line): readonly string[] {
  const order: string[] = [];
  let rest = line;
  for (;;) {
    const { line: filled, given } = fillSlots(rest);
    if (given.length === 0) return order;
    order.push(...idsOf(given));
    rest = given.reduce((before, { holder }) => leaveLine(before, holder), filled);
  }
}

const one: SlotLimits = { total: 1 };

describe('the order', () => {
  it('is that of arrival when nothing else speaks', () => {
    expect(serveAll(join(openLine(one), ...['a', 'b', 'c'].map((id) => request(id))))).toEqual([
      'a',
      'b',
      'c',
    ]);
  });

  it('goes by turns among runs: one that comes late with one request does not wait for all of another', () => {
    const flood = Array.from({ length: 50 }, (_, index) => request(`flood::${index}`));
    const order = serveAll(join(openLine(one), ...flood, request('late::0'), request('late::1')));
    expect(order.slice(0, 5)).toEqual(['flood::0', 'late::0', 'flood::1', 'late::1', 'flood::2']);
  });

  it('lets no run starve behind ever new ones', () => {
    let line = join(openLine(one), request('old::0'), request('old::1'));
    const served: string[] = [];
    for (let index = 0; index < 10; index += 1) {
      line = join(line, request(`new-${index}`));
      const { line: filled, given } = fillSlots(line);
      served.push(...idsOf(given));
      line = given.reduce((before, { holder }) => leaveLine(before, holder), filled);
    }
    expect(served).toContain('old::1');
  });

  it('has high before normal before low', () => {
    const line = join(
      openLine(one),
      request('low', { priority: 'low' }),
      request('normal'),
      request('high', { priority: 'high' }),
    );
    expect(serveAll(line)).toEqual(['high', 'normal', 'low']);
  });

  it('lets a low priority rise while it is passed over', () => {
    let line = join(openLine(one), request('patient', { priority: 'low' }));
    const served: string[] = [];
    for (let index = 0; index < 3 * agingTurns; index += 1) {
      line = join(line, request(`urgent-${index}`, { priority: 'high' }));
      const { line: filled, given } = fillSlots(line);
      served.push(...idsOf(given));
      line = given.reduce((before, { holder }) => leaveLine(before, holder), filled);
    }
    expect(served.indexOf('patient')).toBe(2 * agingTurns);
  });
});

describe('limits', () => {
  it('hold per kind and per key, and whoever they do not concern passes', () => {
    const limits: SlotLimits = { total: 10, perKind: { job: 2 }, perKey: 1 };
    const line = join(
      openLine(limits),
      request('a', { key: 'repository' }),
      request('b', { key: 'repository' }),
      request('c'),
      request('d'),
      { holder: { kind: 'other', id: 'e' }, priority: 'normal' },
    );
    const { line: filled, given } = fillSlots(line);
    expect(idsOf(given)).toEqual(['a', 'c', 'e']);
    expect(idsOf(fillSlots(leaveLine(filled, { kind: 'job', id: 'a' })).given)).toEqual(['b']);
  });

  it('refuse who would have to wait in a line that is full, and nobody who need not', () => {
    const limits: SlotLimits = { total: 2, perKind: { job: 1 }, maxWaiting: 1 };
    const full = join(fillSlots(join(openLine(limits), request('a'))).line, request('b'));
    expect(joinLine(full, request('c'))).toEqual({
      status: 'refused',
      reason: '1 wait already, and no more may',
    });
    expect(joinLine(full, request('b'))).toEqual({ status: 'known' });
    expect(joinLine(full, { holder: { kind: 'other', id: 'd' }, priority: 'low' }).status).toBe(
      'joined',
    );
  });

  it('never let more wait than one message holds', () => {
    const waiting = Array.from({ length: mostWaiting }, (_, index) => ({
      ...request(`w-${index}`),
      since: 0,
    }));
    const line: Line = { ...openLine({ total: 0, maxWaiting: 1_000_000 }), waiting };
    expect(joinLine(line, request('one-more')).status).toBe('refused');
    const longest = waiting.map((each) => ({
      ...each,
      holder: { kind: 'k'.repeat(48), id: 'i'.repeat(160) },
      key: 'r'.repeat(100),
    }));
    expect(JSON.stringify({ ...line, waiting: longest }).length).toBeLessThan(1_000_000);
  });
});

const priority = fc.constantFrom<Priority>('high', 'normal', 'low');
const requests = fc.uniqueArray(
  fc.record({
    holder: fc.record({
      kind: fc.constantFrom('job', 'other'),
      id: fc.tuple(fc.constantFrom('r1', 'r2', 'r3'), fc.nat(9)).map(([run, n]) => `${run}::${n}`),
    }),
    priority,
    key: fc.constantFrom('k1', 'k2'),
  }),
  { selector: ({ holder }) => `${holder.kind}/${holder.id}`, maxLength: 15 },
);

it('in any line, slots are given up to the limits, none is left free that someone could use, and nobody is lost', () => {
  const limitsOf = fc.record({
    total: fc.nat(6),
    perKind: fc.record({ job: fc.nat(4) }),
    perKey: fc.integer({ min: 1, max: 3 }),
  });
  fc.assert(
    fc.property(requests, limitsOf, (all, limits) => {
      const { line } = fillSlots(join(openLine(limits), ...all));
      expect(line.working.length + line.waiting.length).toBe(all.length);
      expect(line.working.length).toBeLessThanOrEqual(limits.total);
      const jobs = line.working.filter(({ holder }) => holder.kind === 'job').length;
      expect(jobs).toBeLessThanOrEqual(limits.perKind.job);
      for (const key of ['k1', 'k2']) {
        const held = line.working.filter((each) => each.key === key).length;
        expect(held).toBeLessThanOrEqual(limits.perKey);
        const couldWork = line.waiting.some(
          (each) => each.key === key && (each.holder.kind !== 'job' || jobs < limits.perKind.job),
        );
        const isFree = line.working.length < limits.total && held < limits.perKey;
        expect(couldWork && isFree).toBe(false);
      }
    }),
  );
});

it('in any line, the order that people are told is the one in which slots are given', () => {
  fc.assert(
    fc.property(requests, (all) => {
      const line = join(openLine(one), ...all);
      expect(idsOf(listOrder(line))).toEqual(serveAll(line));
    }),
  );
});

it('in any line, everyone is served in the end', () => {
  fc.assert(
    fc.property(requests, (all) => {
      expect(new Set(serveAll(join(openLine(one), ...all))).size).toBe(
        new Set(all.map(({ holder }) => holder.id)).size,
      );
    }),
  );
});
