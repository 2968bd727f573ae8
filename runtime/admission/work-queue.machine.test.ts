/** The work queue as an actor: what it answers, what it says, and that no sequence of commands breaks its promises. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ActorRecord } from '../core/step.ts';
import {
  applyBatch,
  deliverCommand,
  registerAlone,
  startCommand,
} from '../testing/apply-commands.ts';
import type { Line, SlotLimits } from './fair-line.ts';
import { defineWorkQueue } from './work-queue.actor.ts';
import type { WorkQueueCommand } from './work-queue.machine.ts';

const actor = registerAlone(defineWorkQueue());

function openQueue(limits: SlotLimits) {
  let record: ActorRecord | undefined = applyBatch(actor, undefined, [
    startCommand({ limits: { ...limits } }),
  ]).next;
  let sent = 0;
  const send = (body: WorkQueueCommand) => {
    const { next } = applyBatch(actor, record, [deliverCommand(body, `c-${(sent += 1)}`)]);
    record = next ?? record;
    const outbox = next?.commit.outbox ?? [];
    return {
      events: outbox.flatMap((entry) => (entry.type === 'event' ? [entry.event] : [])),
      answers: outbox.flatMap((entry) =>
        entry.type === 'command' ? [`${entry.body.type} ${entry.to.id}`] : [],
      ),
    };
  };
  const holderOf = (id: string) => ({ kind: 'job', id });
  return {
    send,
    request: (id: string) =>
      send({ type: 'requestSlot', request: { holder: holderOf(id), priority: 'normal' } }),
    release: (id: string) => send({ type: 'releaseSlot', holder: holderOf(id) }),
    line: () => record?.snapshot.context as Line,
  };
}

describe('the work queue', () => {
  it('gives slots up to the limit, and the next one when one is given back', () => {
    const queue = openQueue({ total: 2 });
    expect(queue.request('a').answers).toEqual(['takeSlot a']);
    expect(queue.request('b').answers).toEqual(['takeSlot b']);
    expect(queue.request('c')).toEqual({
      answers: [],
      events: [{ type: 'slotAwaited', holder: 'job/c', waiting: 1 }],
    });
    expect(queue.release('a').answers).toEqual(['takeSlot c']);
  });

  it('does not mind repeats', () => {
    const queue = openQueue({ total: 1 });
    queue.request('a');
    expect(queue.request('a')).toEqual({ answers: [], events: [] });
    queue.request('b');
    expect(queue.request('b')).toEqual({ answers: [], events: [] });
    expect(queue.release('a').answers).toEqual(['takeSlot b']);
    expect(queue.release('a').answers).toEqual([]);
  });

  it('lets one leave the line', () => {
    const queue = openQueue({ total: 1 });
    for (const id of ['a', 'b', 'c']) queue.request(id);
    expect(queue.release('b').answers).toEqual([]);
    expect(queue.release('a').answers).toEqual(['takeSlot c']);
  });

  it('fills new slots at once, and empties surplus ones as they are given back', () => {
    const queue = openQueue({ total: 1 });
    for (const id of ['a', 'b', 'c', 'd']) queue.request(id);
    const limits = { total: 3 };
    expect(queue.send({ type: 'setLimits', limits })).toEqual({
      answers: ['takeSlot b', 'takeSlot c'],
      events: [
        { type: 'limitsSet', limits },
        { type: 'slotGiven', holder: 'job/b', working: 3, waiting: 1 },
        { type: 'slotGiven', holder: 'job/c', working: 3, waiting: 1 },
      ],
    });
    queue.send({ type: 'setLimits', limits: { total: 1 } });
    expect(queue.release('a').answers).toEqual([]);
    expect(queue.release('b').answers).toEqual([]);
    expect(queue.release('c').answers).toEqual(['takeSlot d']);
  });

  it('refuses when the line is full, and says so to who asked and to everyone', () => {
    const queue = openQueue({ total: 1, maxWaiting: 1 });
    queue.request('a');
    queue.request('b');
    const reason = '1 wait already, and no more may';
    expect(queue.request('c')).toEqual({
      answers: ['refuseSlot c'],
      events: [{ type: 'slotRefused', holder: 'job/c', reason }],
    });
  });
});

const ids = ['a', 'b', 'c::1', 'c::2', 'd', 'e'];
const holder = fc.constantFrom(...ids).map((id) => ({ kind: 'job', id }));
const command: fc.Arbitrary<WorkQueueCommand> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('requestSlot' as const),
      request: fc.record({ holder, priority: fc.constantFrom('high', 'normal', 'low') }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('releaseSlot' as const), holder }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('setLimits' as const),
      limits: fc.record({ total: fc.integer({ min: 0, max: 4 }) }),
    }),
  },
);

it('for any commands, nobody gets a slot over the limit or twice, and nobody is lost', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
      const queue = openQueue({ total: 2 });
      const asking = new Set<string>();
      for (const item of commands) {
        const before = queue.line().working.map(({ holder: { id } }) => id);
        const { answers } = queue.send(item);
        if (item.type === 'requestSlot') asking.add(item.request.holder.id);
        if (item.type === 'releaseSlot') asking.delete(item.holder.id);
        const { limits, working, waiting } = queue.line();
        for (const answer of answers) expect(before).not.toContain(answer.split(' ')[1]);
        expect(answers.length > 0 && working.length > limits.total).toBe(false);
        expect(working.length < limits.total ? waiting : []).toEqual([]);
        const known = [...working, ...waiting].map(({ holder: { id } }) => id);
        expect(known.toSorted()).toEqual([...asking].toSorted());
      }
    }),
    { numRuns: 150 },
  );
});
