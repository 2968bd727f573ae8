/** Actors that the code cannot read stand still: nothing of theirs is lost, and nobody else waits. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { assign, emit, setup } from 'xstate';
import type { Json } from '../contract/json.ts';
import { defineActor } from '../core/definition.ts';
import type { Migration } from '../core/migration.ts';
import type { WorkerStorage } from '../core/storage.ts';
import { openTestWorkers, type TestWorkers } from '../testing/test-workers.ts';
import { maxBacklog } from './partition.ts';
import type { Worker } from './worker.ts';

const machine = setup({
  types: {
    context: {} as { count: number },
    events: {} as { type: 'add'; by: number },
    input: {} as { from: number },
  },
}).createMachine({
  context: ({ input }) => ({ count: input.from }),
  on: {
    add: {
      actions: [
        assign({ count: ({ context, event }) => context.count + event.by }),
        emit(({ context }) => ({ type: 'counted', count: context.count })),
      ],
    },
  },
});
const counter = defineActor({ kind: 'counter', version: 1, machine });
/** There is no way from version 1 to it. */
const strange = defineActor({ kind: 'counter', version: 2, machine });
const address = { kind: 'counter', id: 'old' };
const other = { kind: 'counter', id: 'new' };

let world: TestWorkers;
beforeEach(async () => {
  world = openTestWorkers();
  const first = await world.start([counter]);
  await world.storage.commands.start(address, { from: 5 }, 'start');
  await untilStored();
  await first.stop();
});
afterEach(() => world.stop());

async function untilStored(): Promise<void> {
  await vi.waitFor(async () => {
    expect(await world.storage.commits.load(address)).toBeDefined();
  });
}

const add = (id: string, to = address): Promise<unknown> =>
  world.storage.commands.deliver(to, { type: 'add', by: 1 }, id);

function countsOf(actor: string): readonly Json[] {
  return world.storage
    .listEvents()
    .filter((event) => event.actor === actor && event.type === 'counted')
    .map((event) => event.data['count'] ?? null);
}

async function untilQuarantined(): Promise<void> {
  await vi.waitFor(() => {
    expect(world.typesOf('old').at(-1)).toBe('actorQuarantined');
  });
}

async function untilHeld(count: number): Promise<void> {
  await vi.waitFor(async () => {
    expect(await world.storage.quarantine.readHeld(address, 0, 10_000)).toHaveLength(count);
  });
}

describe('an actor that the code cannot restore', () => {
  it('keeps its commands, which the inbox needs no longer, and goes on with code that can', async () => {
    const wrong = await world.start([strange]);
    await add('first');
    await add('second');
    await untilHeld(2);
    expect(await world.storage.quarantine.list(0)).toMatchObject([
      { address, reason: expect.stringContaining('no migration from version 1 to 2') as string },
    ]);
    await wrong.stop();
    expect(world.storage.readCheckpoint(0)).toEqual({ offset: 3, busy: [] });
    await world.storage.inbox.trim(0, 3);
    await add('third');

    await world.start([counter]);
    await vi.waitFor(() => {
      expect(countsOf('old')).toEqual([6, 7, 8]);
      expect(world.typesOf('old')).toContain('actorReleased');
    });
    expect(await world.storage.quarantine.list(0)).toEqual([]);
    expect(await world.storage.quarantine.readHeld(address, 0, 10)).toEqual([]);
  });

  it('is told of once, however often it is looked at', async () => {
    for (const id of ['first', 'second', 'third']) {
      const wrong = await world.start([strange]);
      await add(id);
      await untilQuarantined();
      await wrong.stop();
    }
    expect(world.typesOf('old')).toEqual(['actorQuarantined']);
    await untilHeld(3);
  });

  it('is not taken for a new one because it is asked to start', async () => {
    const wrong = await world.start([strange]);
    await add('first');
    await untilHeld(1);
    await wrong.stop();
    await world.storage.commands.start(address, { from: 0 }, 'again');
    const still = await world.start([strange]);
    await untilHeld(2);
    await still.stop();
    await world.start([counter]);
    await vi.waitFor(() => {
      expect(countsOf('old')).toEqual([6]);
    });
  });

  it('holds nothing up, however many commands it gets', async () => {
    await world.start([strange]);
    const count = maxBacklog + 10;
    for (let index = 0; index < count; index += 1) await add(`add-${index}`);
    await world.storage.commands.start(other, { from: 0 }, 'start-new');
    await add('add-new', other);
    await vi.waitFor(
      () => {
        expect(countsOf('new')).toEqual([1]);
      },
      { timeout: 10_000 },
    );
  });

  it('has its commands held once, and applied once, when the worker dies before it says how far it is', async () => {
    await world.start([strange]);
    await add('first');
    await untilHeld(1);
    // The next owner reads all of it again: there was no checkpoint in between.
    await world.start([strange], { workerId: 'test' });
    await add('second');
    await untilHeld(2);
    await world.start([counter]);
    await vi.waitFor(() => {
      expect(countsOf('old')).toEqual([6, 7]);
    });
  });
});

describe('a release', () => {
  /** A store whose commits cannot be read until they are mended. */
  function breakable(): { readonly storage: WorkerStorage; readonly mend: () => void } {
    let broken = true;
    const { commits } = world.storage;
    return {
      storage: {
        ...world.storage,
        commits: {
          ...commits,
          load: async (of) =>
            broken && of.id === 'old'
              ? { status: 'unreadable', reason: 'the stored commit is torn' }
              : commits.load(of),
        },
      },
      mend: () => {
        broken = false;
      },
    };
  }

  async function startBroken(): Promise<{ readonly worker: Worker; readonly mend: () => void }> {
    const { storage, mend } = breakable();
    return { worker: await world.start([counter], { storage }), mend };
  }

  it('lets it go on with everything that was held, in order, and then with what comes', async () => {
    const { mend } = await startBroken();
    for (let index = 0; index < 200; index += 1) await add(`held-${index}`);
    await untilHeld(200);
    mend();
    await add('still held');
    await world.storage.commands.release(address, 'release-1');
    await add('after');
    await vi.waitFor(() => {
      expect(countsOf('old')).toEqual(Array.from({ length: 202 }, (_, index) => index + 6));
    });
    const released = world.storage.listEvents().find(({ type }) => type === 'actorReleased');
    expect(released).toMatchObject({ cause: 'release-1', status: 'active' });
    expect(await world.storage.quarantine.list(0)).toEqual([]);
  });

  it('says so when it has not helped', async () => {
    await startBroken();
    await add('held');
    await untilQuarantined();
    await world.storage.commands.release(address, 'release-1');
    await vi.waitFor(() => {
      expect(world.storage.listEvents().at(-1)).toMatchObject({
        type: 'actorQuarantined',
        cause: 'release-1',
      });
    });
    await untilHeld(1);
  });

  it('means nothing to an actor that does not stand still', async () => {
    await world.start([counter]);
    await world.storage.commands.release(address, 'release-1');
    await add('after');
    await vi.waitFor(() => {
      expect(world.typesOf('old')).toEqual(['counted']);
    });
  });
});

it('an actor whose commit was not relayed when it broke down has it relayed when it is released', async () => {
  let broken = true;
  const { relay } = world.storage;
  const storage: WorkerStorage = {
    ...world.storage,
    relay: {
      ...relay,
      publish: async (messages) => {
        const counts = messages.some(
          (message) =>
            message.type === 'events' &&
            message.events.events.some(({ type }) => type === 'counted'),
        );
        if (broken && counts) throw new Error('not today');
        return relay.publish(messages);
      },
    },
  };
  await world.start([counter], { storage });
  await add('first');
  await untilQuarantined();
  broken = false;
  await world.storage.commands.release(address, 'release-1');
  await vi.waitFor(() => {
    expect(countsOf('old')).toEqual([6]);
    expect(world.typesOf('old').at(-1)).toBe('actorReleased');
  });
});

it('actors of an unknown version are migrated when they are needed, once', async () => {
  const double: Migration = (stored) => {
    const { count } = stored.context as { count: number };
    return { ...stored, context: { count: count * 2 } };
  };
  const changed = defineActor({ kind: 'counter', version: 2, machine, migrations: { 1: double } });
  for (const id of ['first', 'second']) {
    const worker = await world.start([changed]);
    await add(id);
    await vi.waitFor(() => {
      expect(world.typesOf('old').at(-1)).toBe('counted');
    });
    await worker.stop();
  }
  expect(world.typesOf('old')).toEqual(['actorMigrated', 'counted', 'counted']);
  expect(countsOf('old')).toEqual([11, 12]);
});
