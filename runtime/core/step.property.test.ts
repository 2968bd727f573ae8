/** What must hold of a step whatever the commands are: batches, repeats and restarts make no difference. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { assign, cancel, emit, raise, sendTo, setup, spawnChild, stopChild } from 'xstate';
import type { CommandEnvelope } from '../contract/command.ts';
import {
  applyInbound,
  registerAlone,
  startCommand,
  storeAndLoad,
  testStartMs,
} from '../testing/apply-commands.ts';
import type { Commit } from './commit.ts';
import { childSource, defineActor } from './definition.ts';
import type { ActorRecord, Inbound } from './step.ts';

const definition = defineActor({
  kind: 'test',
  version: 1,
  machine: setup({
    types: {
      context: {} as { count: number; log: string[] },
      events: {} as
        | { type: 'add'; by: number }
        | { type: 'arm' | 'disarm' | 'begin' | 'end' | 'greet' | 'fail' | 'rang' | 'shift' }
        | { type: 'xstate.done.actor.helper'; output: unknown },
    },
    actors: { helper: childSource<{ count: number }, null>() },
  }).createMachine({
    context: { count: 0, log: [] },
    initial: 'low',
    on: {
      add: {
        actions: [
          assign({ count: ({ context, event }) => context.count + event.by }),
          emit(({ context }) => ({ type: 'added', count: context.count })),
        ],
      },
      arm: { actions: raise({ type: 'rang' }, { id: 'bell', delay: 1_000 }) },
      disarm: { actions: cancel('bell') },
      rang: { actions: emit({ type: 'bellRang' }) },
      begin: {
        actions: spawnChild('helper', {
          id: 'helper',
          input: ({ context }) => ({ count: context.count }),
        }),
      },
      end: { actions: stopChild('helper') },
      greet: { actions: sendTo('helper', { type: 'hello' }) },
      fail: {
        actions: [
          emit({ type: 'neverSeen' }),
          assign(() => {
            throw new Error('poison');
          }),
        ],
      },
      'xstate.done.actor.helper': {
        actions: assign({ log: ({ context }) => [...context.log, `helped at ${context.count}`] }),
      },
    },
    states: {
      low: { on: { shift: 'high' }, after: { 50: 'high' } },
      high: {
        on: { shift: 'past' },
        invoke: { src: 'helper', id: 'assistant', input: { count: -1 } },
      },
      past: { on: { shift: 'low' } },
    },
  }),
  children: { helper: 'helper' },
});
const actor = registerAlone(definition);
const at = new Date(testStartMs).toISOString();

const generation = fc.integer({ min: 1, max: 8 });
const body = fc.oneof(
  fc.integer({ min: 1, max: 9 }).map((by) => ({ type: 'add', by })),
  fc
    .constantFrom('arm', 'disarm', 'begin', 'end', 'greet', 'fail', 'shift', 'unknown')
    .map((type) => ({ type })),
);
/** Without its id: the position gives one. */
const command = fc.oneof(
  { weight: 6, arbitrary: body.map((content) => ({ purpose: 'deliver' as const, body: content })) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        body,
        fc.constantFrom('x', 'y'),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 0, max: 2 }),
      )
      .map(([content, id, n, i]) => ({
        purpose: 'deliver' as const,
        body: content,
        from: { address: { kind: 'sender', id }, n, i },
      })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('bell', 'xstate.after.50.(machine).low'), generation)
      .map(([timerId, value]) => ({ purpose: 'timerFired' as const, timerId, generation: value })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('helper', 'assistant'), generation)
      .map(([childName, value]) => ({
        purpose: 'childEnded' as const,
        childName,
        generation: value,
        outcome: { status: 'done' as const, output: null },
      })),
  },
);
const inboundList = fc.array(command, { maxLength: 30 }).map((contents): readonly Inbound[] => [
  { seq: 1, command: startCommand(null) },
  ...contents.map((content, index) => {
    const envelope: CommandEnvelope = { v: 1, id: `c${index}`, at, ...content };
    return { seq: index + 2, command: envelope };
  }),
]);

/** Where a dead letter was written depends on the cut; so do the calls that led to it. */
function withoutPlace({ i: _, ...entry }: Commit['outbox'][number]): unknown {
  if (entry.type === 'event') return { ...entry, event: { ...entry.event, letter: null } };
  if (entry.type !== 'deadLetter') return entry;
  const { id: __, error, scene, ...letter } = entry.letter;
  return { ...letter, error: error.message, scene: { ...scene, n: 0 } };
}

interface Story {
  readonly record: ActorRecord | undefined;
  /** Everything the outboxes held, in order. */
  readonly outbox: readonly unknown[];
}

function tell(
  batches: readonly (readonly Inbound[])[],
  between: (record: ActorRecord) => ActorRecord = (record) => record,
): Story {
  let record: ActorRecord | undefined;
  const outbox: unknown[] = [];
  for (const batch of batches) {
    const { next } = applyInbound(actor, record, batch);
    if (next === undefined) continue;
    outbox.push(...next.commit.outbox.map(withoutPlace));
    record = between(next);
  }
  return { record, outbox };
}

function split(
  inbound: readonly Inbound[],
  cuts: readonly number[],
): readonly (readonly Inbound[])[] {
  const borders = [
    ...new Set([0, ...cuts.map((cut) => cut % (inbound.length + 1)), inbound.length]),
  ].sort((a, b) => a - b);
  return borders.slice(1).map((border, index) => inbound.slice(borders[index], border));
}

/** What is the same however the commands were cut: not what counts commits, nor the last position looked at. */
function essence(record: ActorRecord | undefined): unknown {
  if (record === undefined) return undefined;
  const { machine, snapshot, children, timers, generation: count, seen, parent } = record.commit;
  const parts = { machine, snapshot, children, timers, count, seen, parent };
  return JSON.parse(JSON.stringify(parts));
}

function isLasting(entry: unknown): boolean {
  return readTimer(entry) === undefined;
}

function readTimer(entry: unknown): { timerId: string; generation: number } | undefined {
  const timer = z.object({
    type: z.literal('setTimer'),
    timerId: z.string(),
    generation: z.number(),
  });
  return timer.safeParse(entry).data;
}

/** Of every timer that is set in the end, the last that was told is the one meant. */
function expectTimersTold(told: readonly unknown[], record: ActorRecord | undefined): void {
  for (const [timerId, { generation }] of Object.entries(record?.commit.timers ?? {})) {
    const last = told.map(readTimer).findLast((timer) => timer?.timerId === timerId);
    expect(last?.generation).toBe(generation);
  }
}

const cuts = fc.array(fc.nat(60), { maxLength: 8 });

describe('a step', () => {
  it('gives the same state and says the same, however commands are cut into batches', () => {
    fc.assert(
      fc.property(inboundList, cuts, (inbound, where) => {
        const whole = tell([inbound]);
        const parts = tell(split(inbound, where));
        expect(essence(parts.record)).toEqual(essence(whole.record));
        // A child started and stopped in one batch is told both; entries never depend on the cut.
        expect(parts.outbox.filter(isLasting)).toEqual(whole.outbox.filter(isLasting));
        // But a timer that the same batch cancels is never told.
        for (const told of [parts.outbox, whole.outbox]) expectTimersTold(told, whole.record);
      }),
    );
  });

  it('changes nothing when commands are delivered again', () => {
    fc.assert(
      fc.property(inboundList, fc.nat(60), (inbound, position) => {
        const { record } = tell([inbound]);
        if (record === undefined) return;
        const last = record.commit.inSeq;
        const again = inbound.filter(({ seq }) => (seq ?? 0) <= last).slice(0, position);
        expect(applyInbound(actor, record, again).next).toBeUndefined();
      }),
    );
  });

  it('applies what comes after a repeat as if there had been none', () => {
    fc.assert(
      fc.property(inboundList, fc.nat(60), fc.nat(60), (inbound, position, overlap) => {
        const cut = position % (inbound.length + 1);
        const from = Math.max(0, cut - overlap);
        const story = tell([inbound.slice(0, cut), inbound.slice(from)]);
        expect(essence(story.record)).toEqual(essence(tell([inbound]).record));
      }),
    );
  });

  it('makes no difference between a live actor and one that was stored and loaded', () => {
    fc.assert(
      fc.property(inboundList, cuts, (inbound, where) => {
        const batches = split(inbound, where);
        const live = tell(batches);
        const loaded = tell(batches, (record) => storeAndLoad(actor, record));
        expect(JSON.parse(JSON.stringify(loaded.record?.commit))).toEqual(
          JSON.parse(JSON.stringify(live.record?.commit)),
        );
        expect(loaded.outbox).toEqual(live.outbox);
      }),
    );
  });
});
