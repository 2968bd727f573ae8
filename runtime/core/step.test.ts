/** One step at a time: what becomes of each kind of command, and of machines that throw. */
import { describe, expect, it } from 'vitest';
import { assign, emit, raise, sendTo, setup, spawnChild } from 'xstate';
import { z } from 'zod';
import type { CommandEnvelope } from '../contract/command.ts';
import type { DeadLetterContent } from '../contract/dead-letter.ts';
import {
  applyBatch,
  applyInbound,
  deliverCommand,
  endOfChild,
  fireOfTimer,
  registerAlone,
  startCommand,
  storeAndLoad,
  testStartMs,
} from '../testing/apply-commands.ts';
import { maxSeenSenders, type OutboxEntry } from './commit.ts';
import { childSource, defineActor, effectSource } from './definition.ts';
import { localEffect, poolEffect } from './effect-definition.ts';
import { sendCommand, startActor } from './send-command.ts';
import type { ActorRecord, StepResult } from './step.ts';

const effectOptions = {
  input: z.any(),
  deadlineMs: 1_000,
  whenUnknown: 'retry',
  run: async () => null,
} as const;

const definition = defineActor({
  kind: 'test',
  version: 3,
  machine: setup({
    types: {
      context: {} as { count: number; errors: unknown[] },
      events: {} as
        | { type: 'add'; by: number }
        | {
            type:
              | 'go'
              | 'back'
              | 'fail'
              | 'guard'
              | 'finish'
              | 'hide'
              | 'shout'
              | 'tell'
              | 'wait'
              | 'spawn'
              | 'greet';
          },
      input: {} as { from: number; broken?: boolean },
      output: {} as { count: number },
    },
    actors: {
      near: effectSource<number, number>(),
      far: effectSource<number, number>(),
      child: childSource<number, number>(),
    },
    actions: { sendCommand, startActor },
    guards: {
      explode: () => {
        throw new Error('guard poison');
      },
    },
  }).createMachine({
    context: ({ input }) => {
      if (input.broken === true) throw new Error('broken input');
      return { count: input.from, errors: [] };
    },
    initial: 'idle',
    output: ({ context }) => ({ count: context.count }),
    on: {
      add: {
        actions: [
          assign({ count: ({ context, event }) => context.count + event.by }),
          raise({ type: 'shout' }),
        ],
      },
      shout: { actions: emit(({ context }) => ({ type: 'counted', count: context.count })) },
      fail: {
        actions: [
          assign({ count: -1 }),
          assign(() => {
            throw new Error('poison');
          }),
        ],
      },
      guard: { guard: 'explode', actions: assign({ count: -1 }) },
      hide: {
        actions: assign(({ spawn }) => ({
          count: spawn('child', { id: 'hidden', input: 1 }).id.length,
        })),
      },
      tell: {
        actions: [
          {
            type: 'sendCommand',
            params: { to: { kind: 'x', id: 'y' }, command: { type: 'hello', text: 'z' } },
          },
          { type: 'startActor', params: { actor: { kind: 'x', id: 'new' }, input: { a: 1 } } },
        ],
      },
      spawn: { actions: spawnChild('child', { id: 'bad id', input: 1 }) },
      greet: { actions: sendTo('child', { type: 'hello' }) },
      finish: '.finished',
    },
    states: {
      idle: { on: { go: 'busy', wait: 'waiting' } },
      busy: {
        invoke: [
          {
            src: 'near',
            id: 'near',
            input: ({ context }) => context.count,
            onDone: { actions: assign({ count: ({ event }) => event.output }) },
            onError: {
              actions: assign({ errors: ({ context, event }) => [...context.errors, event.error] }),
            },
          },
          { src: 'far', id: 'far', input: 2, onDone: {} },
          {
            src: 'child',
            id: 'child',
            input: 3,
            onDone: { actions: assign({ count: ({ event }) => event.output }) },
          },
        ],
        on: { back: 'idle' },
      },
      waiting: { after: { 5_000: 'idle' }, on: { back: 'idle' } },
      finished: { type: 'final' },
    },
  }),
  effects: { near: localEffect(effectOptions), far: poolEffect('pool', effectOptions) },
  children: { child: 'other' },
});
const actor = registerAlone(definition);

function begin(...commands: readonly CommandEnvelope[]): ActorRecord {
  return expectNext(applyBatch(actor, undefined, [startCommand({ from: 1 }), ...commands]));
}

function expectNext(result: StepResult): ActorRecord {
  if (result.next === undefined) throw new Error('the step has no commit');
  return result.next;
}

function send(record: ActorRecord, ...commands: readonly CommandEnvelope[]): ActorRecord {
  return expectNext(applyBatch(actor, record, commands));
}

function entries(record: ActorRecord, type: OutboxEntry['type']): readonly OutboxEntry[] {
  return record.commit.outbox.filter((entry) => entry.type === type);
}

function lettersOf(record: ActorRecord): readonly DeadLetterContent[] {
  return record.commit.outbox.flatMap((entry) =>
    entry.type === 'deadLetter' ? [entry.letter] : [],
  );
}

function eventsOf(record: ActorRecord): readonly unknown[] {
  return record.commit.outbox.flatMap((entry) => (entry.type === 'event' ? [entry.event] : []));
}

describe('the first command', () => {
  it('creates the actor, once', () => {
    const record = begin(startCommand({ from: 9 }, 'again'));
    expect(record.commit).toMatchObject({
      n: 1,
      machine: { kind: 'test', version: 3 },
      cause: ['start'],
      snapshot: { value: 'idle', context: { count: 1 }, status: 'active' },
    });
    expect(applyBatch(actor, record, [startCommand({ from: 9 }, 'third')]).next).toBeUndefined();
  });

  it('is refused when the machine cannot begin with its input, and leaves nothing', () => {
    const result = applyBatch(actor, undefined, [startCommand({ from: 0, broken: true })]);
    expect(result.next).toBeUndefined();
    expect(result.refusals).toMatchObject([{ reason: 'startFailed', error: 'broken input' }]);
  });

  it('may come again with an input that works', () => {
    const broken = startCommand({ from: 0, broken: true }, 'broken');
    const result = applyBatch(actor, undefined, [
      broken,
      deliverCommand({ type: 'go' }),
      startCommand({ from: 7 }),
    ]);
    expect(result.refusals.map((refusal) => refusal.reason)).toEqual([
      'startFailed',
      'noSuchActor',
    ]);
    expect(result.next?.commit.snapshot.context).toMatchObject({ count: 7 });
  });
});

describe('commands', () => {
  it('become one commit, however many; an immediate raise is handled once', () => {
    const { commit } = begin(
      deliverCommand({ type: 'add', by: 2 }),
      deliverCommand({ type: 'add', by: 3 }, 'b'),
    );
    expect(commit).toMatchObject({
      n: 1,
      cause: ['start', 'add', 'b'],
      snapshot: { context: { count: 6 } },
    });
    expect(eventsOf({ ...begin(), commit })).toEqual([
      { type: 'counted', count: 3 },
      { type: 'counted', count: 6 },
    ]);
    expect(commit.outbox.map((entry) => entry.i)).toEqual([0, 1]);
  });

  it('to other actors are entries of the outbox', () => {
    const { commit } = send(begin(), deliverCommand({ type: 'tell' }));
    expect(commit.outbox).toEqual([
      { type: 'command', i: 0, to: { kind: 'x', id: 'y' }, body: { type: 'hello', text: 'z' } },
      { type: 'startActor', i: 1, to: { kind: 'x', id: 'new' }, input: { a: 1 } },
    ]);
  });

  it('that were applied are skipped by their position and by their sender', () => {
    const from = { address: { kind: 'x', id: 'y' }, n: 4, i: 1 };
    const sent: CommandEnvelope = {
      ...deliverCommand({ type: 'add', by: 1 }),
      purpose: 'deliver',
      body: { type: 'add', by: 1 },
      from,
    };
    const first = expectNext(applyInbound(actor, begin(), [{ seq: 10, command: sent }]));
    expect(
      applyInbound(actor, first, [{ seq: 10, command: deliverCommand({ type: 'go' }) }]).next,
    ).toBeUndefined();
    for (const repeat of [from, { ...from, i: 0 }, { ...from, n: 3, i: 9 }]) {
      expect(
        applyInbound(actor, first, [{ seq: 11, command: { ...sent, from: repeat } }]).next,
      ).toBeUndefined();
    }
    for (const later of [
      { ...from, i: 2 },
      { ...from, n: 5, i: 0 },
    ]) {
      expect(
        applyInbound(actor, first, [{ seq: 11, command: { ...sent, from: later } }]).next,
      ).toBeDefined();
    }
  });

  it('are remembered of so many senders and no more', () => {
    const many = Array.from({ length: maxSeenSenders + 20 }, (_, index): CommandEnvelope => ({
      ...startCommand(null),
      purpose: 'deliver',
      id: `c${index}`,
      body: { type: 'add', by: 1 },
      from: { address: { kind: 'x', id: `s${index}` }, n: 1, i: 0 },
    }));
    const { seen } = send(begin(), ...many).commit;
    expect(Object.keys(seen).length).toBe(maxSeenSenders);
    expect(seen[`x/s${many.length - 1}`]).toEqual([1, 0]);
  });

  it('are refused where there is no actor, or none any more', () => {
    expect(applyBatch(actor, undefined, [deliverCommand({ type: 'go' })]).refusals).toMatchObject([
      { reason: 'noSuchActor' },
    ]);
    const ended = send(begin(), deliverCommand({ type: 'finish' }));
    const late = applyBatch(actor, ended, [deliverCommand({ type: 'go' })]);
    expect(late).toMatchObject({ next: undefined, refusals: [{ reason: 'actorEnded' }] });
  });
});

describe('a machine that throws', () => {
  it.each(['fail', 'guard', 'hide', 'spawn'])(
    'on "%s" leaves its state and a dead letter',
    (type) => {
      const record = send(
        begin(),
        deliverCommand({ type: 'add', by: 1 }),
        deliverCommand({ type }),
        deliverCommand({ type: 'add', by: 1 }, 'after'),
      );
      expect(record.commit.snapshot.context).toEqual({ count: 3, errors: [] });
      expect(eventsOf(record)).toMatchObject([
        { type: 'counted', count: 2 },
        { type: 'commandDeadLettered', letter: 'test.a.2-0', command: type },
        { type: 'counted', count: 3 },
      ]);
      expect(record.commit.children).toEqual({});
      expect(lettersOf(record)).toMatchObject([
        {
          id: 'test.a.2-0',
          reason: 'threw',
          command: deliverCommand({ type }),
          attempts: 1,
          scene: { value: record.commit.snapshot.value, status: 'active', n: 2, version: 3 },
        },
      ]);
      expect(lettersOf(record)[0]?.error.stack[0]).toMatch(/^at /u);
    },
  );

  it('gets the command once more when there are attempts left, and the rest of the batch with it', () => {
    const batch = [deliverCommand({ type: 'add', by: 1 }), deliverCommand({ type: 'fail' })];
    const failures = new Map<string, number>();
    const first = applyBatch(actor, begin(), batch, { failures });
    expect(first).toMatchObject({ next: undefined, refusals: [], failed: { id: 'fail' } });
    failures.set('fail', 1);
    const second = expectNext(applyBatch(actor, begin(), batch, { failures }));
    expect(second.commit.snapshot.context).toMatchObject({ count: 2 });
    expect(lettersOf(second)).toMatchObject([{ command: { id: 'fail' }, attempts: 2 }]);
  });

  it('when it is started leaves a letter that has its place in the inbox as its name', () => {
    const broken = registerAlone(
      defineActor({
        kind: 'test',
        version: 1,
        machine: setup({}).createMachine({
          context: () => {
            throw new Error('poison');
          },
        }),
      }),
    );
    const start = startCommand(null);
    const { next, refusals } = applyInbound(broken, undefined, [{ seq: 7, command: start }]);
    expect(next).toBeUndefined();
    expect(refusals).toMatchObject([
      {
        reason: 'startFailed',
        error: 'poison',
        letter: { id: 'test.a.in-7', reason: 'startFailed', command: start },
      },
    ]);
  });

  it('on the result of an effect does not wait for that effect any longer', () => {
    const picky = registerAlone(
      defineActor({
        kind: 'test',
        version: 1,
        machine: setup({ actors: { near: effectSource<null, number>() } }).createMachine({
          invoke: {
            src: 'near',
            id: 'near',
            input: null,
            onDone: {
              actions: assign(() => {
                throw new Error('poison');
              }),
            },
          },
        }),
        effects: { near: localEffect(effectOptions) },
      }),
    );
    const record = expectNext(applyBatch(picky, undefined, [startCommand(null)]));
    const ended = endOfChild(record, 'near', { status: 'done', output: 1 });
    const next = expectNext(applyBatch(picky, record, [ended]));
    expect(next.commit.children).toEqual({});
    expect(eventsOf(next)).toMatchObject([{ type: 'commandDeadLettered', error: 'poison' }]);
  });

  it.each([true, false])('is spared a command whose result cannot be stored', (whole) => {
    const unstorable = new Map([['add', { reason: 'too large', whole }]]);
    const next = expectNext(
      applyBatch(actor, begin(), [deliverCommand({ type: 'add', by: 1 })], { unstorable }),
    );
    expect(next.commit.snapshot.context).toMatchObject({ count: 1 });
    expect(eventsOf(next)).toEqual([
      {
        type: 'commandDeadLettered',
        letter: 'test.a.2-0',
        command: 'add',
        commandType: 'add',
        error: 'too large',
      },
    ]);
    const [letter] = lettersOf(next);
    expect(letter).toMatchObject({ reason: 'unstorable' });
    const command = deliverCommand({ type: 'add', by: 1 });
    expect(whole ? letter?.command : letter?.text).toEqual(
      whole ? command : JSON.stringify(command),
    );
  });
});

describe('effects and children', () => {
  it('are started by entries and kept as records', () => {
    const { commit } = send(begin(), deliverCommand({ type: 'go' }));
    expect(commit.children).toEqual({
      near: { type: 'effect', source: 'near', effectId: 'test.a.2-1', input: 1 },
      far: { type: 'effect', source: 'far', effectId: 'test.a.2-2', pool: 'pool' },
      child: {
        type: 'actor',
        source: 'child',
        address: { kind: 'other', id: 'a::child' },
        generation: 3,
        // A tenth of what its parent has left, and itself.
        reserved: 1_000,
      },
    });
    expect(commit.outbox).toEqual([
      { type: 'startEffect', i: 0, effectId: 'test.a.2-2', source: 'far', pool: 'pool', input: 2 },
      {
        type: 'startChild',
        i: 1,
        to: { kind: 'other', id: 'a::child' },
        childName: 'child',
        generation: 3,
        input: 3,
        limits: { depth: 8, descendants: 999 },
      },
    ]);
  });

  it('that are left are stopped, and their late answers ignored', () => {
    const busy = send(begin(), deliverCommand({ type: 'go' }));
    const idle = send(busy, deliverCommand({ type: 'back' }));
    expect(idle.commit.outbox).toEqual([
      { type: 'cancelEffect', i: 0, effectId: 'test.a.2-2', pool: 'pool' },
      { type: 'stopChild', i: 1, to: { kind: 'other', id: 'a::child' }, generation: 3 },
    ]);
    const late = ['near', 'far', 'child'].map((name) =>
      endOfChild(busy, name, { status: 'done', output: 9 }),
    );
    expect(applyBatch(actor, idle, late).next).toBeUndefined();
    const again = send(idle, deliverCommand({ type: 'go' }));
    expect(applyBatch(actor, again, late).next).toBeUndefined();
  });

  it('started and left in one batch: the effect never starts, the child is told both in order', () => {
    const { commit } = send(
      begin(),
      deliverCommand({ type: 'go' }),
      deliverCommand({ type: 'back' }),
    );
    expect(commit.outbox.map((entry) => entry.type)).toEqual(['startChild', 'stopChild']);
    expect(commit.children).toEqual({});
  });

  it('report their results to the machine', () => {
    const busy = send(begin(), deliverCommand({ type: 'go' }));
    const near = send(busy, endOfChild(busy, 'near', { status: 'done', output: 20 }));
    expect(near.commit.snapshot.context).toMatchObject({ count: 20 });
    const child = send(near, endOfChild(near, 'child', { status: 'done', output: 30 }));
    expect(child.commit.snapshot.context).toMatchObject({ count: 30 });
    expect(Object.keys(child.commit.children)).toEqual(['far']);
    const failed = send(busy, endOfChild(busy, 'near', { status: 'error', error: 'x' }));
    expect(failed.commit.snapshot.context).toMatchObject({
      errors: [{ code: 'SB_EFFECT_FAILED' }],
    });
  });

  it('whose error nobody handles end the actor, and the error is told as it is', () => {
    const busy = send(begin(), deliverCommand({ type: 'go' }));
    const { commit } = send(
      busy,
      endOfChild(busy, 'child', { status: 'error', error: { code: 'X' } }),
    );
    expect(commit.snapshot.status).toBe('error');
    expect(entries({ ...busy, commit }, 'event')).toMatchObject([
      { event: { type: 'actorEnded', error: { code: 'X' } } },
    ]);
  });

  it.each(['live', 'loaded'])('that have ended cannot be sent anything, in a %s actor', (kind) => {
    const busy = send(begin(), deliverCommand({ type: 'go' }));
    expect(send(busy, deliverCommand({ type: 'greet' })).commit.outbox).toEqual([
      { type: 'command', i: 0, to: { kind: 'other', id: 'a::child' }, body: { type: 'hello' } },
    ]);
    const ended = send(busy, endOfChild(busy, 'child', { status: 'done', output: 1 }));
    const next = send(
      kind === 'live' ? ended : storeAndLoad(actor, ended),
      deliverCommand({ type: 'greet' }),
    );
    expect(eventsOf(next)).toMatchObject([{ type: 'commandDeadLettered' }]);
  });
});

describe('timers', () => {
  const name = 'xstate.after.5000.(machine).waiting';

  it('are set in the commit, fire once, and only in their generation', () => {
    const waiting = send(begin(), deliverCommand({ type: 'wait' }));
    expect(waiting.commit.outbox).toEqual([
      { type: 'setTimer', i: 0, timerId: name, generation: 1, atMs: testStartMs + 5_000 },
    ]);
    const fire = fireOfTimer(waiting, name);
    const idle = send(waiting, fire);
    expect(idle.commit).toMatchObject({ timers: {}, snapshot: { value: 'idle' } });
    const again = send(idle, deliverCommand({ type: 'wait' }));
    expect(applyBatch(actor, again, [fire]).next).toBeUndefined();
    expect(again.commit.timers[name]?.generation).toBe(2);
  });

  it('fire after a restart, though XState itself forgets them', () => {
    const waiting = storeAndLoad(actor, send(begin(), deliverCommand({ type: 'wait' })));
    expect(send(waiting, fireOfTimer(waiting, name)).commit.snapshot.value).toBe('idle');
  });

  it('are forgotten when their state is left', () => {
    const waiting = send(begin(), deliverCommand({ type: 'wait' }));
    const idle = send(waiting, deliverCommand({ type: 'back' }));
    expect(idle.commit.timers).toEqual({});
    expect(applyBatch(actor, idle, [fireOfTimer(waiting, name)]).next).toBeUndefined();
  });

  it('are not stored when the commit that sets them cancels or replaces them', () => {
    const [wait, back] = [{ type: 'wait' }, { type: 'back' }];
    const commands = [wait, back, wait].map((body, index) => deliverCommand(body, `c${index}`));
    const { next } = applyBatch(actor, begin(), commands);
    expect(next?.commit.outbox).toEqual([
      { type: 'setTimer', i: 0, timerId: name, generation: 2, atMs: testStartMs + 5_000 },
    ]);
  });
});

describe('an end', () => {
  const parent = { address: { kind: 'boss', id: 'b' }, childName: 'c', generation: 4 };
  const startChild = (generation: number, from = 1): CommandEnvelope => ({
    ...startCommand({ from }, `start-${generation}`),
    purpose: 'start',
    input: { from },
    parent: { ...parent, generation },
  });
  const stop = (generation: number): CommandEnvelope => ({
    ...startCommand(null, 'stop'),
    purpose: 'stop',
    generation,
  });

  it('is told to everyone and to the parent, and takes everything with it', () => {
    const busy = expectNext(
      applyBatch(actor, undefined, [startChild(4), deliverCommand({ type: 'go' })]),
    );
    const { commit } = send(busy, deliverCommand({ type: 'finish' }));
    expect(commit).toMatchObject({ snapshot: { status: 'done' }, children: {}, timers: {} });
    expect(commit.outbox.map((entry) => entry.type)).toEqual([
      'cancelEffect',
      'stopChild',
      'event',
      'ended',
    ]);
    expect(commit.outbox.at(-1)).toMatchObject({
      parent,
      outcome: { status: 'done', output: { count: 1 } },
    });
  });

  it('by a stop is told to everyone, and the parent knows', () => {
    const busy = expectNext(
      applyBatch(actor, undefined, [startChild(4), deliverCommand({ type: 'go' })]),
    );
    expect(applyBatch(actor, busy, [stop(3)]).next).toBeUndefined();
    const { commit } = send(busy, stop(4));
    expect(commit.snapshot.status).toBe('stopped');
    expect(commit.outbox.map((entry) => entry.type)).toEqual([
      'cancelEffect',
      'stopChild',
      'event',
    ]);
  });

  it('is not the end of a child that is started again', () => {
    const first = expectNext(
      applyBatch(actor, undefined, [startChild(4), deliverCommand({ type: 'finish' })]),
    );
    expect(applyBatch(actor, first, [startChild(4, 9)]).next).toBeUndefined();
    const second = send(first, startChild(6, 9));
    expect(second.commit).toMatchObject({
      n: 2,
      parent: { generation: 6 },
      snapshot: { status: 'active', context: { count: 9 } },
    });
  });

  it('is told to the parent of a child that cannot be started again', () => {
    const first = expectNext(
      applyBatch(actor, undefined, [startChild(4), deliverCommand({ type: 'finish' })]),
    );
    const broken: CommandEnvelope = {
      ...startCommand(null),
      purpose: 'start',
      input: { from: 1, broken: true },
      parent: { ...parent, generation: 5 },
    };
    const { commit } = send(first, broken);
    expect(commit.outbox.at(-1)).toMatchObject({
      type: 'ended',
      parent: { generation: 5 },
      outcome: { status: 'error', error: 'broken input' },
    });
  });
});
