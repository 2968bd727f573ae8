/** Timers whose stored messages are lost fire all the same: of actors in memory, parked, and of a worker long gone. */
import { afterEach, describe, expect, it } from 'vitest';
import { emit, enqueueActions, setup } from 'xstate';
import { z } from 'zod';
import type { ActorAddress } from '../contract/address.ts';
import { defineActor } from '../core/definition.ts';
import { createRegistry } from '../core/registry.ts';
import type { WorkerStorage } from '../core/storage.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { createMemoryStorage } from '../testing/memory-storage.ts';
import { silentLog } from './log.ts';
import { auditEveryMs, firstAuditAfterMs } from './timer-audit.ts';
import { createWorker, type Worker } from './worker.ts';

const minute = 60_000;

/** Rings an hour after it is started, unless it is told to go on sleeping or to wake up. */
const sleeper = defineActor({
  kind: 'sleeper',
  version: 1,
  machine: setup({
    types: {
      events: {} as
        | { type: 'sleepOn' | 'wake' | 'poke' }
        | { type: 'remember'; ids: readonly string[] }
        | { type: 'remind'; id: string },
    },
    delays: { anHour: 60 * minute },
  }).createMachine({
    initial: 'asleep',
    states: {
      asleep: {
        on: {
          sleepOn: { target: 'asleep', reenter: true },
          wake: 'awake',
          poke: { actions: emit({ type: 'poked' }) },
          remember: {
            actions: enqueueActions(({ enqueue, event }) => {
              for (const id of event.ids)
                enqueue.raise({ type: 'remind', id }, { id, delay: 30 * minute });
            }),
          },
          remind: { actions: emit(({ event }) => ({ type: 'reminded', id: event.id })) },
        },
        after: { anHour: { target: 'awake', actions: emit({ type: 'rang' }) } },
      },
      awake: {},
    },
  }),
});

let workers: Worker[] = [];
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
  workers = [];
});

function open() {
  const clock = createManualClock();
  const storage = createMemoryStorage({ clock, partitionCount: 2 });
  let loads: string[] = [];
  const counting: WorkerStorage = {
    ...storage,
    commits: {
      ...storage.commits,
      load: (address) => {
        loads.push(address.id);
        return storage.commits.load(address);
      },
    },
  };
  const startWorker = async (): Promise<() => Promise<void>> => {
    const worker = createWorker({
      namespace: 'test',
      partitionCount: 2,
      workerId: 'test',
      registry: createRegistry([sleeper]),
      storage: counting,
      clock,
      log: silentLog,
      concurrency: {},
    });
    await worker.start();
    workers.push(worker);
    return () => worker.stop();
  };
  return {
    clock,
    storage,
    startWorker,
    startActor: async (id: string): Promise<void> => {
      await storage.commands.start({ kind: 'sleeper', id }, null, `start-${id}`);
      await clock.advanceBy(0);
    },
    told: (id: string) =>
      storage
        .listEvents()
        .filter(({ actor }) => actor === id)
        .map(({ type, at, data }) =>
          [type, ...('id' in data ? [z.string().parse(data['id'])] : []), at.slice(11, 16)].join(
            ' ',
          ),
        ),
    loads: (): readonly string[] => loads,
    forgetLoads: () => {
      loads = [];
    },
  };
}

const a: ActorAddress = { kind: 'sleeper', id: 'a' };

describe('a timer whose stored message is lost', () => {
  it('fires at its time: the next audit of the same worker stores it again', async () => {
    const { clock, storage, startWorker, startActor, told } = open();
    await startWorker();
    await startActor('a');
    storage.loseTimers();
    await clock.advanceBy(firstAuditAfterMs + auditEveryMs);
    expect(await storage.timers.find(a, 'xstate.after.anHour.(machine).asleep')).toBe(
      Date.UTC(2026, 0, 1, 1),
    );
    await clock.advanceBy(60 * minute);
    expect(told('a')).toEqual(['rang 01:00']);
  });

  it('fires at its time when another worker has taken over, though its actor gets no command', async () => {
    const { clock, storage, startWorker, startActor, told } = open();
    const stopFirst = await startWorker();
    await startActor('a');
    await stopFirst();
    storage.loseTimers();
    await startWorker();
    await clock.advanceBy(60 * minute);
    expect(told('a')).toEqual(['rang 01:00']);
  });

  it('fires as soon as it is found when it is past due', async () => {
    const { clock, storage, startWorker, startActor, told } = open();
    const stopFirst = await startWorker();
    await startActor('a');
    await stopFirst();
    storage.loseTimers();
    await clock.advanceBy(90 * minute);
    await startWorker();
    await clock.advanceBy(firstAuditAfterMs);
    expect(told('a')).toEqual(['rang 01:30']);
  });

  it('is stored again as soon as its actor is loaded by a later worker, without an audit', async () => {
    const { clock, storage, startWorker, startActor } = open();
    const stopFirst = await startWorker();
    await startActor('a');
    await stopFirst();
    storage.loseTimers();
    await startWorker();
    await storage.commands.deliver(a, { type: 'poke' }, 'poke');
    await clock.advanceBy(0);
    expect(
      (await storage.timers.listStored(0)).size + (await storage.timers.listStored(1)).size,
    ).toBe(1);
  });

  it('is stored again however often it is lost', async () => {
    const { clock, storage, startWorker, startActor, told } = open();
    let stop = await startWorker();
    await startActor('a');
    for (let round = 0; round < 3; round += 1) {
      await stop();
      storage.loseTimers();
      stop = await startWorker();
      await storage.commands.deliver(a, { type: 'poke' }, `poke-${round}`);
      await clock.advanceBy(1_000);
    }
    await stop();
    await clock.advanceBy(60 * minute);
    await startWorker();
    await clock.advanceBy(0);
    expect(told('a').at(-1)).toBe('rang 01:00');
  });

  it('fires from the memory of its actor when it is past due by then', async () => {
    const { clock, storage, startWorker, startActor, told } = open();
    await startWorker();
    await startActor('a');
    await clock.advanceBy(55 * minute);
    storage.loseTimers();
    await clock.advanceBy(auditEveryMs);
    expect(told('a')).toEqual(['rang 01:00']);
  });

  it('is found among many of the same actor, and one that was cancelled is left alone', async () => {
    const { clock, storage, startWorker, startActor, told } = open();
    await startWorker();
    await startActor('a');
    const ids = Array.from({ length: 200 }, (_, index) => `reminder-${index}`);
    await storage.commands.deliver(a, { type: 'remember', ids }, 'remember');
    await storage.commands.deliver(a, { type: 'wake' }, 'wake');
    await startActor('b');
    await storage.commands.deliver({ ...a, id: 'b' }, { type: 'remember', ids }, 'remember');
    await clock.advanceBy(0);
    storage.loseTimers();
    await clock.advanceBy(firstAuditAfterMs);
    await clock.advanceBy(60 * minute);
    expect(told('a')).toEqual([]);
    expect(told('b').toSorted()).toEqual(
      [...ids.map((id) => `reminded ${id} 00:30`), 'rang 01:00'].toSorted(),
    );
  });
});

describe('the audit', () => {
  it('loads nobody while every timer is stored', async () => {
    const { clock, startWorker, startActor, loads, forgetLoads } = open();
    const stopFirst = await startWorker();
    for (const id of ['a', 'b', 'c']) await startActor(id);
    await stopFirst();
    await startWorker();
    forgetLoads();
    await clock.advanceBy(firstAuditAfterMs + 2 * auditEveryMs);
    expect(loads()).toEqual([]);
  });

  it('is made again after it has failed', async () => {
    const { clock, storage, startWorker, startActor, told } = open();
    const stopFirst = await startWorker();
    await startActor('a');
    await stopFirst();
    storage.loseTimers();
    await startWorker();
    storage.disconnect();
    await clock.advanceBy(firstAuditAfterMs);
    storage.reconnect();
    await clock.advanceBy(60 * minute);
    expect(told('a')).toEqual(['rang 01:00']);
  });
});

describe('a timer that was set again', () => {
  it('is stored again when the message of its predecessor has taken it with it', async () => {
    const { clock, storage, startWorker, startActor, told } = open();
    await startWorker();
    await startActor('a');
    await clock.advanceBy(30 * minute);
    await storage.commands.deliver(a, { type: 'sleepOn' }, 'sleep-on');
    await clock.advanceBy(0);
    storage.loseTimers();
    const timerId = 'xstate.after.anHour.(machine).asleep';
    const at = new Date(clock.nowMs()).toISOString();
    const fire = { v: 1, purpose: 'timerFired', id: 'late', at, timerId, generation: 1 } as const;
    await storage.relay.publish([{ type: 'command', messageId: 'late', to: a, command: fire }]);
    await clock.advanceBy(0);
    expect(await storage.timers.find(a, timerId)).toBe(Date.UTC(2026, 0, 1, 1, 30));
    await clock.advanceBy(60 * minute);
    expect(told('a')).toEqual(['rang 01:30']);
  });

  it('fires once, at its new time, whatever is left of the old one', async () => {
    const { clock, storage, startWorker, startActor, told } = open();
    await startWorker();
    await startActor('a');
    await clock.advanceBy(30 * minute);
    await storage.commands.deliver(a, { type: 'sleepOn' }, 'sleep-on');
    await clock.advanceBy(30 * minute);
    expect(told('a')).toEqual([]);
    await clock.advanceBy(60 * minute);
    expect(told('a')).toEqual(['rang 01:30']);
  });
});
