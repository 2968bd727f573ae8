/** Commands that are given up: after how many attempts, with what kept of them, and exactly once. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { assign, emit, setup } from 'xstate';
import { z } from 'zod';
import { defineActor, effectSource } from '../core/definition.ts';
import { localEffect } from '../core/effect-definition.ts';
import type { WorkerStorage } from '../core/storage.ts';
import { openTestWorkers, type TestWorkers } from '../testing/test-workers.ts';

const address = { kind: 'fragile', id: 'a' };
let world: TestWorkers;
/** How often the machine throws before it gives in. */
let throws = Infinity;
let runs = 0;

const fragile = defineActor({
  kind: 'fragile',
  version: 1,
  attempts: 3,
  machine: setup({
    types: { input: {} as { broken: boolean } },
    actors: { look: effectSource<null, number>() },
  }).createMachine({
    context: ({ input }) => {
      if (input.broken) throw new Error('cannot be started');
      return {};
    },
    invoke: { src: 'look', input: null },
    on: {
      ping: { actions: emit({ type: 'ponged' }) },
      fail: {
        actions: [
          assign(() => {
            throws -= 1;
            if (throws >= 0) throw new Error('poison');
            return {};
          }),
          emit({ type: 'survived' }),
        ],
      },
    },
  }),
  effects: {
    look: localEffect({
      input: z.null(),
      deadlineMs: 3_600_000,
      whenUnknown: 'ask',
      run: (_, { signal }) => {
        runs += 1;
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reject(new Error('aborted'));
          });
        });
      },
    }),
  },
});

beforeEach(() => {
  world = openTestWorkers();
  throws = Infinity;
  runs = 0;
});
afterEach(() => world.stop());

const send = (type: string, id = type): Promise<unknown> =>
  world.storage.commands.deliver(address, { type }, id);

async function startActor(): Promise<void> {
  await world.storage.commands.start(address, { broken: false }, 'start');
}

async function untilTypes(types: readonly string[]): Promise<void> {
  await vi.waitFor(() => {
    expect(world.typesOf('a')).toEqual(types);
  });
}

describe('a command that makes the machine throw', () => {
  it('is tried as often as its kind says, then kept whole, and the actor goes on', async () => {
    await world.start([fragile]);
    await startActor();
    await send('ping', 'before');
    await send('fail');
    await send('ping', 'after');
    await untilTypes(['ponged', 'commandDeadLettered', 'ponged']);
    const [letter, ...others] = world.storage.listDeadLetters();
    expect(others).toEqual([]);
    expect(letter).toMatchObject({
      actor: address,
      reason: 'threw',
      attempts: 3,
      command: { purpose: 'deliver', id: 'fail', body: { type: 'fail' } },
      error: { message: 'poison' },
      scene: { value: {}, status: 'active', version: 1 },
    });
    expect(letter?.error.stack[0]).toContain('dead-letters.test.ts');
    expect(world.storage.listEvents()[1]?.data).toEqual({
      letter: letter?.id,
      command: 'fail',
      commandType: 'fail',
      error: 'poison',
    });
  });

  it('is applied when a later attempt succeeds, and effects under way are not touched by it', async () => {
    throws = 2;
    await world.start([fragile]);
    await startActor();
    await send('fail');
    await untilTypes(['survived']);
    expect(world.storage.listDeadLetters()).toEqual([]);
    expect(runs).toBe(1);
  });

  it('is one dead letter, however often its commit is relayed', async () => {
    let relayed = 0;
    const twice: WorkerStorage = {
      ...world.storage,
      relay: {
        ...world.storage.relay,
        publish: async (messages) => {
          relayed += messages.filter(({ type }) => type === 'deadLetter').length;
          await world.storage.relay.publish(messages);
          await world.storage.relay.publish(messages);
        },
      },
    };
    await world.start([fragile], { storage: twice });
    await startActor();
    await send('fail');
    await untilTypes(['commandDeadLettered']);
    expect(relayed).toBe(1);
    expect(world.storage.listDeadLetters()).toHaveLength(1);
  });
});

describe('a command that no actor takes', () => {
  it('is a dead letter when its actor cannot be started', async () => {
    await world.start([fragile]);
    const { seq } = await world.storage.commands.start(address, { broken: true }, 'start');
    await untilTypes(['actorStartFailed']);
    expect(world.storage.listDeadLetters()).toMatchObject([
      {
        id: `fragile.a.in-${seq}`,
        reason: 'startFailed',
        attempts: 3,
        command: { purpose: 'start', input: { broken: true } },
      },
    ]);
  });

  it('is a dead letter when its kind is not registered', async () => {
    await world.start([fragile]);
    const unknown = { kind: 'stranger', id: 's' };
    const { seq } = await world.storage.commands.deliver(unknown, { type: 'hello' }, 'hello');
    await vi.waitFor(() => {
      expect(world.typesOf('s')).toEqual(['commandDeadLettered']);
    });
    expect(world.storage.listDeadLetters()).toMatchObject([
      {
        id: `stranger.s.in-${seq}`,
        actor: unknown,
        reason: 'kindUnknown',
        command: { id: 'hello', body: { type: 'hello' } },
      },
    ]);
  });

  it('is a dead letter when it cannot be read, under the place it lay at', async () => {
    const { inbox } = world.storage;
    const garbled: WorkerStorage = {
      ...world.storage,
      inbox: {
        ...inbox,
        read: (partition, after, deliver, signal) =>
          inbox.read(
            partition,
            after,
            (message) => {
              const content = { status: 'unreadable', reason: 'no JSON', text: '{"v' } as const;
              deliver({ ...message, address: { kind: '', id: '' }, content });
            },
            signal,
          ),
      },
    };
    await send('anything');
    await world.start([fragile], { storage: garbled });
    await vi.waitFor(() => {
      expect(world.storage.listDeadLetters()).toMatchObject([
        {
          id: 'unknown.partition-0.in-1',
          reason: 'unreadable',
          text: '{"v',
          error: { message: 'no JSON' },
        },
      ]);
    });
  });
});
