/** Schedules on a worker in memory with a clock that stands still: overlap, catching up, changes, and downtime. */
import { afterEach, describe, expect, it } from 'vitest';
import { setup } from 'xstate';
import { z } from 'zod';
import type { ActorAddress } from '../contract/address.ts';
import type { Json } from '../contract/json.ts';
import { toJson } from '../core/draft.ts';
import { defineActor, effectSource } from '../core/definition.ts';
import { localEffect } from '../core/effect-definition.ts';
import { createRegistry } from '../core/registry.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { createMemoryStorage } from '../testing/memory-storage.ts';
import { silentLog } from '../worker/log.ts';
import { createWorker, type Worker } from '../worker/worker.ts';
import { defineSchedule } from './schedule.actor.ts';
import type { ScheduleCommand } from './schedule.events.ts';
import type { ScheduleContext } from './schedule.machine.ts';
import type { ScheduleInput } from './schedule-settings.ts';

interface ReportInput {
  readonly workMs: number;
  readonly fails?: boolean;
}

/** Takes as long as its input says, and fails if it says so. */
const report = defineActor({
  kind: 'report',
  version: 1,
  machine: setup({
    types: { context: {} as ReportInput, input: {} as ReportInput },
    actors: { finish: effectSource<boolean, null>() },
    delays: { work: ({ context }) => context.workMs },
  }).createMachine({
    context: ({ input }) => input,
    initial: 'working',
    states: {
      working: { after: { work: 'finishing' } },
      finishing: {
        invoke: {
          src: 'finish',
          id: 'finish',
          input: ({ context }) => context.fails === true,
          onDone: 'finished',
        },
      },
      finished: { type: 'final' },
    },
  }),
  effects: {
    finish: localEffect({
      input: z.boolean(),
      deadlineMs: 1_000,
      whenUnknown: 'retry',
      run: async (fails) => {
        if (fails) throw new Error('no data');
        return null;
      },
    }),
  },
});

const minute = 60_000;
const hour = 60 * minute;
const address: ActorAddress = { kind: 'schedule', id: 'nightly' };
const everyHour = { cron: '0 * * * *', target: 'report', input: { workMs: minute } };

const workers = new Set<Worker>();
afterEach(async () => {
  await Promise.all([...workers].map((worker) => worker.stop()));
  workers.clear();
});

/** On 2026-01-01 at midnight UTC. */
async function open(settings: Partial<ScheduleInput> = {}) {
  const clock = createManualClock();
  const storage = createMemoryStorage({ clock, partitionCount: 2 });
  const registry = createRegistry([defineSchedule({ targets: ['report'] }), report]);
  let commands = 0;
  const startWorker = async (): Promise<() => Promise<void>> => {
    const worker = createWorker({
      namespace: 'test',
      partitionCount: 2,
      workerId: 'test',
      registry,
      storage,
      clock,
      log: silentLog,
      concurrency: {},
    });
    workers.add(worker);
    await worker.start();
    await clock.advanceBy(0);
    return () => worker.stop();
  };
  const stopWorker = await startWorker();
  await storage.commands.start(address, toJson({ ...everyHour, ...settings }), 'start');
  await clock.advanceBy(0);
  const contextOf = async (actor: ActorAddress): Promise<Json> => {
    const stored = await storage.commits.load(actor);
    if (stored?.status !== 'stored') throw new Error(`there is no ${actor.kind}/${actor.id}`);
    return stored.commit.snapshot.context;
  };
  return {
    clock,
    startWorker,
    stopWorker,
    send: async (command: ScheduleCommand) => {
      commands += 1;
      await storage.commands.deliver(address, command, `command-${commands}`);
      await clock.advanceBy(0);
    },
    context: async (): Promise<ScheduleContext> =>
      (await contextOf(address)) as object as ScheduleContext,
    contextOf,
    /** What the schedule has told, in few words. */
    told: () =>
      storage
        .listEvents()
        .filter((event) => event.actor === address.id)
        .map(({ type, data }) =>
          [type, data['occurrence'], data['outcome'], data['count'], data['reason']]
            .filter((part) => typeof part === 'string' || typeof part === 'number')
            .join(' '),
        ),
    started: () =>
      storage
        .listEvents()
        .filter(({ type, actor }) => type === 'occurrenceStarted' && actor === address.id)
        .map(({ data }) => data['occurrence']),
    reports: () =>
      storage
        .listEvents()
        .filter(({ kind, type }) => kind === 'report' && type === 'actorEnded')
        .map(({ actor }) => actor),
  };
}

const at = (time: string) => `at-20260101T${time}00Z`;

describe('a schedule', () => {
  it('starts an actor at every occurrence, with an id that says when', async () => {
    const { clock, reports, context } = await open();
    expect((await context()).nextAt).toBe('2026-01-01T01:00:00.000Z');
    await clock.advanceBy(3 * hour + 5 * minute);
    expect(reports()).toEqual(['0100', '0200', '0300'].map((time) => `nightly::${at(time)}`));
    expect((await context()).nextAt).toBe('2026-01-01T04:00:00.000Z');
  });

  it('hands on its input and when the occurrence was due', async () => {
    const { clock, told, contextOf } = await open({ input: { workMs: 0, topic: 'x' } });
    await clock.advanceBy(hour);
    expect(await contextOf({ kind: 'report', id: `nightly::${at('0100')}` })).toEqual({
      workMs: 0,
      topic: 'x',
      scheduledAt: '2026-01-01T01:00:00.000Z',
    });
    expect(told()).toEqual([
      `occurrenceStarted ${at('0100')}`,
      `occurrenceFinished ${at('0100')} done`,
    ]);
  });

  it('goes on when what it has started fails', async () => {
    const { clock, told } = await open({ input: { workMs: 0, fails: true } });
    await clock.advanceBy(2 * hour);
    expect(told()).toEqual([
      `occurrenceStarted ${at('0100')}`,
      `occurrenceFinished ${at('0100')} failed`,
      `occurrenceStarted ${at('0200')}`,
      `occurrenceFinished ${at('0200')} failed`,
    ]);
  });
});

describe('while an earlier actor is at work', () => {
  const long = { input: { workMs: 150 * minute } };

  it('an occurrence is skipped', async () => {
    const { clock, told } = await open({ ...long, overlap: { type: 'skip' } });
    await clock.advanceBy(4 * hour);
    expect(told()).toEqual([
      `occurrenceStarted ${at('0100')}`,
      `occurrenceSkipped ${at('0200')}`,
      `occurrenceSkipped ${at('0300')}`,
      `occurrenceFinished ${at('0100')} done`,
      `occurrenceStarted ${at('0400')}`,
    ]);
  });

  it('occurrences wait, as many as may', async () => {
    const { clock, told } = await open({ ...long, overlap: { type: 'queue', atMost: 1 } });
    await clock.advanceBy(4 * hour);
    expect(told()).toEqual([
      `occurrenceStarted ${at('0100')}`,
      `occurrenceQueued ${at('0200')}`,
      `occurrenceSkipped ${at('0300')}`,
      `occurrenceFinished ${at('0100')} done`,
      `occurrenceStarted ${at('0200')}`,
      `occurrenceQueued ${at('0400')}`,
    ]);
  });

  it('an occurrence takes its place', async () => {
    const { clock, told, reports } = await open({ ...long, overlap: { type: 'replace' } });
    await clock.advanceBy(2 * hour + minute);
    expect(told()).toEqual([
      `occurrenceStarted ${at('0100')}`,
      `occurrenceFinished ${at('0100')} replaced`,
      `occurrenceStarted ${at('0200')}`,
    ]);
    expect(reports()).toEqual([`nightly::${at('0100')}`]);
  });
});

describe('after a downtime', () => {
  /** From 00:30 to 04:30, over four occurrences. */
  async function sleep(settings: Partial<ScheduleInput>) {
    const schedule = await open(settings);
    await schedule.clock.advanceBy(30 * minute);
    await schedule.stopWorker();
    await schedule.clock.advanceBy(4 * hour);
    await schedule.startWorker();
    await schedule.clock.advanceBy(0);
    return schedule;
  }

  it('what was missed is told and left', async () => {
    const { told, clock, context } = await sleep({});
    expect(told()).toEqual(['occurrencesMissed 4']);
    expect((await context()).nextAt).toBe('2026-01-01T05:00:00.000Z');
    await clock.advanceBy(30 * minute);
    expect(told()).toContain(`occurrenceStarted ${at('0500')}`);
  });

  it('the last one is made up for', async () => {
    const { told } = await sleep({ catchUp: { type: 'last' } });
    expect(told()).toEqual(['occurrencesMissed 3', `occurrenceStarted ${at('0400')}`]);
  });

  it('all are made up for one after the other, up to a number', async () => {
    const { started, told, clock } = await sleep({
      overlap: { type: 'queue', atMost: 10 },
      catchUp: { type: 'all', atMost: 3 },
    });
    expect(told()[0]).toBe('occurrencesMissed 1');
    await clock.advanceBy(10 * minute);
    expect(started()).toEqual([at('0200'), at('0300'), at('0400')]);
  });

  it('nothing runs twice, however often the worker is stopped', async () => {
    const schedule = await open({ catchUp: { type: 'last' } });
    let { stopWorker } = schedule;
    for (let round = 0; round < 30; round += 1) {
      await schedule.clock.advanceBy(7 * minute);
      await stopWorker();
      await schedule.clock.advanceBy(4 * minute);
      stopWorker = await schedule.startWorker();
    }
    const started = schedule.started();
    expect(started).toEqual(['0100', '0200', '0300', '0400', '0500'].map(at));
  });
});

describe('a command', () => {
  it('pauses and resumes, and what came due meanwhile is not made up for', async () => {
    const { clock, send, told, context } = await open({ catchUp: { type: 'last' } });
    await send({ type: 'pause' });
    expect((await context()).nextAt).toBeNull();
    await clock.advanceBy(3 * hour + minute);
    await send({ type: 'resume' });
    await clock.advanceBy(hour);
    expect(told()).toEqual([
      'schedulePaused',
      'scheduleResumed',
      `occurrenceStarted ${at('0400')}`,
      `occurrenceFinished ${at('0400')} done`,
    ]);
  });

  it('starts one now, during a pause as well, under the same policy', async () => {
    const { send, told, clock } = await open();
    await send({ type: 'triggerNow' });
    await send({ type: 'pause' });
    await send({ type: 'triggerNow' });
    await clock.advanceBy(2 * minute);
    await send({ type: 'triggerNow' });
    expect(told()).toEqual([
      'occurrenceStarted now-1',
      'schedulePaused',
      'occurrenceSkipped now-2',
      'occurrenceFinished now-1 done',
      'occurrenceStarted now-3',
    ]);
  });

  it('changes the times while the schedule runs', async () => {
    const { clock, send, told, context } = await open();
    await clock.advanceBy(10 * minute);
    await send({ type: 'change', settings: { cron: '30 9 * * *', timeZone: 'Europe/Berlin' } });
    expect((await context()).nextAt).toBe('2026-01-01T08:30:00.000Z');
    await clock.advanceBy(9 * hour);
    expect(told()).toEqual([
      'scheduleChanged',
      `occurrenceStarted ${at('0830')}`,
      `occurrenceFinished ${at('0830')} done`,
    ]);
  });

  it('changes a schedule that is paused, which stays so', async () => {
    const { clock, send, context, told } = await open();
    await send({ type: 'pause' });
    await send({ type: 'change', settings: { cron: '*/10 * * * *' } });
    await clock.advanceBy(hour);
    expect(told()).toEqual(['schedulePaused', 'scheduleChanged']);
    await send({ type: 'resume' });
    expect((await context()).nextAt).toBe('2026-01-01T01:10:00.000Z');
  });

  it('that asks for nonsense is refused with the reason, and nothing changes', async () => {
    const { send, told, context } = await open();
    const before = await context();
    await send({ type: 'change', settings: { cron: '99 * * * *' } });
    expect(told()[0]).toContain('scheduleChangeRefused the cron expression "99 * * * *"');
    expect(await context()).toEqual(before);
  });

  it('removes the schedule and stops what it has started', async () => {
    const { clock, send, told, reports } = await open();
    await send({ type: 'triggerNow' });
    await send({ type: 'remove' });
    await clock.advanceBy(5 * hour);
    expect(told()).toEqual(['occurrenceStarted now-1', 'scheduleRemoved', 'actorEnded']);
    expect(reports()).toEqual(['nightly::now-1']);
  });
});

describe('a schedule of nonsense', () => {
  it('is not started', async () => {
    const { told } = await open({ cron: '0 0 30 2 *' });
    expect(told()).toEqual(['actorStartFailed the cron expression "0 0 30 2 *" never comes due']);
  });
});
