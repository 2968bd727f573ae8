import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { driveMachine } from '../testing/drive-machine.ts';
import { defineWorkQueue } from './work-queue.actor.ts';
import { fillSlots, type WorkQueueCommand, type WorkQueueContext } from './work-queue.machine.ts';

const definition = defineWorkQueue();

function driveQueue(limit: number) {
  const address = { kind: 'work-queue', id: 'main' };
  const queue = driveMachine<WorkQueueContext>(definition, { address, input: { limit } });
  const given = (command: WorkQueueCommand) =>
    queue.send(command).sent.map(({ to, body }) => {
      expect(body).toEqual({ type: 'takeSlot' });
      return to.slice('session/'.length);
    });
  return {
    ...queue,
    request: (session: string) => given({ type: 'requestSlot', session }),
    release: (session: string) => given({ type: 'releaseSlot', session }),
    setLimit: (limit_: number) => given({ type: 'setLimit', limit: limit_ }),
  };
}

describe('the work queue', () => {
  it('gives slots up to the limit, first come first served', () => {
    const queue = driveQueue(2);
    expect(queue.request('a')).toEqual(['a']);
    expect(queue.request('b')).toEqual(['b']);
    expect(queue.request('c')).toEqual([]);
    expect(queue.request('d')).toEqual([]);
    expect(queue.release('a')).toEqual(['c']);
    expect(queue.release('b')).toEqual(['d']);
    expect(queue.context()).toEqual({ limit: 2, working: ['c', 'd'], waiting: [] });
  });

  it('does not mind repeats', () => {
    const queue = driveQueue(1);
    queue.request('a');
    expect(queue.request('a')).toEqual([]);
    queue.request('b');
    expect(queue.request('b')).toEqual([]);
    expect(queue.release('a')).toEqual(['b']);
    expect(queue.release('a')).toEqual([]);
    expect(queue.context()).toEqual({ limit: 1, working: ['b'], waiting: [] });
  });

  it('lets a session leave the line', () => {
    const queue = driveQueue(1);
    queue.request('a');
    queue.request('b');
    queue.request('c');
    expect(queue.release('b')).toEqual([]);
    expect(queue.release('a')).toEqual(['c']);
  });

  it('fills new slots at once, and empties surplus ones as they are released', () => {
    const queue = driveQueue(1);
    for (const session of ['a', 'b', 'c', 'd']) queue.request(session);
    expect(queue.setLimit(3)).toEqual(['b', 'c']);
    expect(queue.setLimit(1)).toEqual([]);
    expect(queue.release('a')).toEqual([]);
    expect(queue.release('b')).toEqual([]);
    expect(queue.release('c')).toEqual(['d']);
  });

  it('says what it gave', () => {
    const queue = driveQueue(1);
    expect(queue.send({ type: 'requestSlot', session: 'a' }).events).toEqual([
      { type: 'slotGiven', session: 'a', working: 1, waiting: 0 },
    ]);
    expect(queue.send({ type: 'setLimit', limit: 4 }).events).toEqual([
      { type: 'limitSet', limit: 4 },
    ]);
  });
});

const sessions = ['a', 'b', 'c', 'd', 'e', 'f'];
const command = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('requestSlot' as const),
      session: fc.constantFrom(...sessions),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('releaseSlot' as const),
      session: fc.constantFrom(...sessions),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('setLimit' as const),
      limit: fc.integer({ min: 0, max: 4 }),
    }),
  },
);

describe('for any commands', () => {
  it('nobody is over the limit, lost, given a slot twice, or passed in the line', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        const queue = driveQueue(2);
        const asking = new Set<string>();
        for (const item of commands) {
          const before = queue.context();
          const given = queue.send(item).sent.map(({ to }) => to.slice('session/'.length));
          if (item.type === 'requestSlot') asking.add(item.session);
          if (item.type === 'releaseSlot') asking.delete(item.session);
          const { limit, working, waiting } = queue.context();
          const line =
            item.type === 'requestSlot' ? [...before.waiting, item.session] : before.waiting;
          const left = line.filter((id) => item.type !== 'releaseSlot' || id !== item.session);
          expect(given).toEqual(left.slice(0, given.length));
          expect(given.length > 0 && working.length > limit).toBe(false);
          expect(working.length < limit ? waiting : []).toEqual([]);
          expect([...working, ...waiting].sort()).toEqual([...asking].sort());
        }
      }),
      { numRuns: 150 },
    );
  });

  it('a surplus after a lowered limit gives nothing out', () => {
    const context = { limit: 1, working: ['a', 'b'], waiting: ['c'] };
    expect(fillSlots(context)).toEqual({ context, given: [] });
  });
});
