/** Children of one actor, step by step: supervision, restarts and their timers, and the room there is for more. */
import { describe, expect, it } from 'vitest';
import { assign, emit, enqueueActions, setup, spawnChild, stopChild } from 'xstate';
import type { CommandEnvelope } from '../contract/command.ts';
import type { Json } from '../contract/json.ts';
import {
  applyBatch,
  deliverCommand,
  endOfChild,
  fireOfTimer,
  startCommand,
  storeAndLoad,
  testAddress,
  testStartMs,
} from '../testing/apply-commands.ts';
import type { ChildOptions } from './child-definition.ts';
import { childSource, defineActor, type ActorDefinitionOptions } from './definition.ts';
import { registerActor, type RegisteredActor } from './registry.ts';
import type { ActorRecord } from './step.ts';

const machine = setup({
  types: {
    context: {} as { readonly results: readonly unknown[] },
    events: {} as
      | { type: 'hire' | 'fire' | 'leave' | 'finish' }
      | { type: 'hireMany'; names: readonly string[] }
      | { type: 'xstate.error.actor.deaf'; error: unknown },
  },
  actors: { worker: childSource<number, number>(), deaf: childSource<number, number>() },
}).createMachine({
  context: { results: [] },
  initial: 'idle',
  on: {
    hire: { actions: spawnChild('deaf', { id: 'deaf', input: 7 }) },
    fire: { actions: stopChild('deaf') },
    hireMany: {
      actions: enqueueActions(({ enqueue, event }) => {
        for (const id of event.names) enqueue.spawnChild('deaf', { id, input: 1 });
      }),
    },
    finish: '.finished',
  },
  states: {
    idle: {
      invoke: {
        src: 'worker',
        id: 'worker',
        input: 5,
        onDone: { actions: assign({ results: ({ event }) => [event.output] }) },
        onError: {
          target: 'alone',
          actions: [
            assign({ results: ({ context, event }) => [...context.results, event.error] }),
            emit({ type: 'told' }),
          ],
        },
      },
      on: { leave: 'alone' },
    },
    alone: {},
    finished: { type: 'final' },
  },
});

function define(
  child: Exclude<ChildOptions, string>,
  options: Partial<ActorDefinitionOptions> = {},
): RegisteredActor {
  const children = { worker: child, deaf: child };
  return registerActor(defineActor({ kind: 'test', version: 1, machine, children, ...options }));
}

const restart = {
  type: 'restart',
  maxRestarts: 2,
  backoff: { type: 'exponential', initialDelayMs: 100, factor: 2 },
  maxDelayMs: 1_000,
  jitter: 'none',
} as const;
const restartTimer = 'signalbox.restart.worker';
const failure = { status: 'error', error: 'broken' } as const;

/** Every step on what a worker that starts later would find. */
function drive(actor: RegisteredActor) {
  let record: ActorRecord | undefined;
  let nowMs = testStartMs;
  const send = (...commands: readonly CommandEnvelope[]): ActorRecord | undefined => {
    const { next } = applyBatch(actor, record, commands, { nowMs });
    if (next !== undefined) record = storeAndLoad(actor, next);
    return next;
  };
  return {
    send,
    commit: () => {
      if (record === undefined) throw new Error('there is no commit');
      return record.commit;
    },
    advance: (ms: number) => (nowMs += ms),
    end: (name: string, outcome: Parameters<typeof endOfChild>[2]) =>
      endOfChild(record, name, outcome),
    fire: (timerId: string) => fireOfTimer(record, timerId),
    told: (): Json => record?.commit.snapshot.context ?? null,
    outbox: () => record?.commit.outbox.map(({ i: _, ...entry }) => entry) ?? [],
  };
}

describe('a child that is restarted', () => {
  it('is started again with its input and a higher generation, and the machine is not told', () => {
    const parent = drive(define({ kind: 'other', supervision: restart }));
    parent.send(startCommand(null));
    const first = parent.end('worker', failure);
    parent.send(first);
    expect(parent.outbox()).toEqual([
      { type: 'setTimer', timerId: restartTimer, generation: 3, atMs: testStartMs + 100 },
      {
        type: 'event',
        event: {
          type: 'childFailed',
          child: 'other/a::worker',
          error: 'broken',
          verdict: 'restart',
          delayMs: 100,
        },
      },
    ]);
    expect(parent.send(first)).toBeUndefined();
    parent.advance(100);
    const fire = parent.fire(restartTimer);
    parent.send(fire);
    expect(parent.outbox()).toMatchObject([
      { type: 'startChild', childName: 'worker', generation: 4, input: 5 },
      {
        type: 'event',
        event: { type: 'childRestarted', child: 'other/a::worker', restarts: 1 },
      },
    ]);
    expect(parent.send(fire)).toBeUndefined();
    expect(parent.told()).toEqual({ results: [] });
    parent.send(parent.end('worker', { status: 'done', output: 9 }));
    expect(parent.told()).toEqual({ results: [9] });
  });

  it('waits longer each time, and is the business of the machine when its restarts are used up', () => {
    const parent = drive(define({ kind: 'other', supervision: restart }));
    parent.send(startCommand(null));
    for (const delayMs of [100, 200]) {
      parent.send(parent.end('worker', failure));
      expect(parent.outbox()[1]).toMatchObject({ event: { verdict: 'restart', delayMs } });
      parent.advance(delayMs);
      parent.send(parent.fire(restartTimer));
    }
    parent.send(parent.end('worker', failure));
    expect(parent.told()).toEqual({ results: ['broken'] });
    expect(parent.commit().snapshot.value).toBe('alone');
    expect(parent.commit().children).toEqual({});
  });

  it('has its restarts back when the window has passed', () => {
    const parent = drive(define({ kind: 'other', supervision: { ...restart, withinMs: 10_000 } }));
    parent.send(startCommand(null));
    for (let round = 0; round < 6; round += 1) {
      parent.send(parent.end('worker', failure));
      expect(parent.outbox()[1]).toMatchObject({ event: { verdict: 'restart' } });
      parent.advance(6_000);
      parent.send(parent.fire(restartTimer));
    }
    expect(parent.told()).toEqual({ results: [] });
  });

  it.each(['leave', 'finish'])('is not started again when its parent moves on by "%s"', (type) => {
    const parent = drive(define({ kind: 'other', supervision: restart }));
    parent.send(startCommand(null));
    parent.send(parent.end('worker', failure));
    const fire = parent.fire(restartTimer);
    parent.send(deliverCommand({ type }));
    expect(parent.commit().timers).toEqual({});
    expect(parent.outbox().filter((entry) => entry.type === 'stopChild')).toEqual([]);
    expect(parent.send(fire)).toBeUndefined();
  });

  it('is no child of the one that takes its name meanwhile', () => {
    const parent = drive(define({ kind: 'other', supervision: restart }));
    parent.send(startCommand(null), deliverCommand({ type: 'hire' }));
    parent.send(parent.end('deaf', failure));
    const fire = parent.fire('signalbox.restart.deaf');
    parent.send(deliverCommand({ type: 'hire' }, 'again'));
    expect(parent.send(fire)).toBeUndefined();
    expect(parent.commit().children['deaf']).toMatchObject({ generation: 5 });
  });
});

describe('a child whose failure is to stop with it', () => {
  it('is told to a machine that has an answer', () => {
    const parent = drive(define({ kind: 'other', supervision: { type: 'stop' } }));
    parent.send(startCommand(null));
    parent.send(parent.end('worker', failure));
    expect(parent.told()).toEqual({ results: ['broken'] });
    expect(parent.outbox()).toMatchObject([
      { type: 'event', event: { type: 'childFailed', verdict: 'stop' } },
      { type: 'event', event: { type: 'told' } },
    ]);
  });

  it('never fails a machine that has none', () => {
    const parent = drive(define({ kind: 'other', supervision: { type: 'stop' } }));
    parent.send(startCommand(null), deliverCommand({ type: 'hire' }));
    parent.send(parent.end('deaf', failure));
    expect(parent.commit().snapshot.status).toBe('active');
    expect(Object.keys(parent.commit().children)).toEqual(['worker']);
    parent.send(deliverCommand({ type: 'hire' }, 'again'));
    expect(parent.outbox()).toMatchObject([{ type: 'startChild', childName: 'deaf' }]);
  });
});

describe('a child whose failure escalates', () => {
  it('fails a machine that has no answer', () => {
    const parent = drive(define({ kind: 'other' }));
    parent.send(startCommand(null), deliverCommand({ type: 'hire' }));
    parent.send(parent.end('deaf', failure));
    expect(parent.commit().snapshot).toMatchObject({ status: 'error', error: 'broken' });
    expect(parent.outbox().map(({ type }) => type)).toEqual(['stopChild', 'event']);
  });
});

describe('the room for children', () => {
  /** What the parent sends itself, as it comes back. */
  const refusalsIn = (parent: ReturnType<typeof drive>): readonly CommandEnvelope[] =>
    parent.outbox().flatMap((entry) =>
      entry.type === 'ended'
        ? [
            {
              v: 1,
              purpose: 'childEnded',
              id: entry.parent.childName,
              at: new Date(testStartMs).toISOString(),
              childName: entry.parent.childName,
              generation: entry.parent.generation,
              outcome: entry.outcome,
            } as const,
          ]
        : [],
    );

  it('is what the definition says, and one too many ends with an error at once', () => {
    const parent = drive(define({ kind: 'other', descendants: 3 }, { limits: { descendants: 4 } }));
    parent.send(startCommand(null));
    expect(parent.outbox()).toMatchObject([
      { type: 'startChild', limits: { depth: 8, descendants: 3 } },
    ]);
    parent.send(deliverCommand({ type: 'hire' }));
    expect(parent.outbox()).toMatchObject([
      {
        type: 'ended',
        parent: { address: testAddress, childName: 'deaf' },
        outcome: { status: 'error', error: { code: 'SB_LIMIT_CHILDREN', retryable: false } },
      },
    ]);
    parent.send(...refusalsIn(parent));
    expect(parent.commit().snapshot).toMatchObject({
      status: 'error',
      error: { code: 'SB_LIMIT_CHILDREN' },
    });
  });

  it('is given back by every child that ends or is stopped', () => {
    const parent = drive(define({ kind: 'other', descendants: 3 }, { limits: { descendants: 8 } }));
    parent.send(startCommand(null), deliverCommand({ type: 'hire' }));
    parent.send(deliverCommand({ type: 'fire' }), deliverCommand({ type: 'hire' }, 'second'));
    expect(parent.outbox().map(({ type }) => type)).toEqual(['stopChild', 'startChild']);
    parent.send(
      parent.end('worker', { status: 'done', output: 1 }),
      deliverCommand({ type: 'hireMany', names: ['x', 'y'] }),
    );
    expect(parent.outbox().map(({ type }) => type)).toEqual(['startChild', 'ended']);
  });

  it('ends at the depth that was handed down', () => {
    const parent = drive(define({ kind: 'other' }));
    parent.send({ ...startOf(null), limits: { depth: 0, descendants: 50 } });
    expect(refusalsIn(parent)).toMatchObject([
      { childName: 'worker', outcome: { error: { code: 'SB_LIMIT_CHILDREN' } } },
    ]);
  });

  it('is the smaller of what was handed down and what the kind may have', () => {
    const parent = drive(
      define({ kind: 'other', descendants: 0 }, { limits: { descendants: 2, depth: 3 } }),
    );
    parent.send({ ...startOf(null), limits: { depth: 5, descendants: 50 } });
    parent.send(deliverCommand({ type: 'hireMany', names: ['x', 'y', 'z'] }));
    expect(parent.outbox()).toMatchObject([
      { type: 'startChild', childName: 'x', limits: { depth: 3, descendants: 0 } },
      { type: 'ended', parent: { childName: 'y' } },
      { type: 'ended', parent: { childName: 'z' } },
    ]);
  });

  it('that was handed down holds for every later start', () => {
    const parent = drive(define({ kind: 'other', descendants: 0 }));
    parent.send({ ...startOf(null), limits: { depth: 5, descendants: 2 } });
    parent.send(deliverCommand({ type: 'hireMany', names: ['x', 'y'] }));
    expect(parent.outbox()).toMatchObject([
      { type: 'startChild', childName: 'x', limits: { depth: 5, descendants: 0 } },
      { type: 'ended', parent: { childName: 'y' } },
    ]);
  });

  it('is asked for again by a restart', () => {
    const parent = drive(
      define(
        { kind: 'other', supervision: restart, descendants: 0 },
        { limits: { descendants: 1 } },
      ),
    );
    parent.send(startCommand(null), deliverCommand({ type: 'hire' }));
    parent.send(...refusalsIn(parent));
    parent.send(parent.end('worker', { status: 'done', output: 1 }));
    parent.send(parent.fire('signalbox.restart.deaf'));
    expect(parent.outbox()[0]).toMatchObject({ type: 'startChild', childName: 'deaf' });
  });

  const startOf = (input: Json): Extract<CommandEnvelope, { purpose: 'start' }> => ({
    v: 1,
    purpose: 'start',
    id: 'start',
    at: new Date(testStartMs).toISOString(),
    input,
  });
});

describe('the definition of children', () => {
  it.each([
    [{ kind: 'other', supervision: { ...restart, maxRestarts: 0 } }, 'restart policy'],
    [{ kind: 'other', supervision: { ...restart, withinMs: 0 } }, 'restart policy'],
    [{ kind: 'other', descendants: -1 }, 'descendants'],
    [{ kind: 'other', descendants: 1.5 }, 'descendants'],
  ] as const)('refuses %j', (child, text) => {
    expect(() => define(child)).toThrow(text);
  });

  it('refuses limits below 0', () => {
    expect(() => define({ kind: 'other' }, { limits: { depth: -1 } })).toThrow('limits');
  });
});
