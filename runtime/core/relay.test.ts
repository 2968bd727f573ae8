/** The messages of a commit: one for its events, one for each other entry, with ids that are the same in every repeat. */
import { describe, expect, it } from 'vitest';
import { commandEnvelopeSchema } from '../contract/command.ts';
import { eventMessageSchema } from '../contract/event.ts';
import type { Commit, OutboxEntry } from './commit.ts';
import { listRelayMessages } from './relay.ts';

const address = { kind: 'test', id: 'a' };
const to = { kind: 'other', id: 'b' };
const parent = { address: to, childName: 'c', generation: 2 };

const outbox: readonly OutboxEntry[] = [
  { type: 'event', i: 0, event: { type: 'happened', size: 3 } },
  { type: 'command', i: 1, to, body: { type: 'go', fast: true } },
  { type: 'startActor', i: 2, to, input: { x: 1 } },
  {
    type: 'startChild',
    i: 3,
    to,
    childName: 'kid',
    generation: 5,
    input: null,
    limits: { depth: 2, descendants: 5 },
  },
  { type: 'stopChild', i: 4, to, generation: 5 },
  { type: 'ended', i: 5, parent, outcome: { status: 'done', output: 1 } },
  { type: 'setTimer', i: 6, timerId: 'bell', generation: 6, atMs: 1_000 },
  { type: 'startEffect', i: 7, effectId: 'e', source: 's', pool: 'p', input: 2 },
  { type: 'cancelEffect', i: 8, effectId: 'e', pool: 'p' },
  { type: 'event', i: 9, event: { type: 'happenedToo' } },
];

const commit: Commit = {
  v: 1,
  n: 7,
  epoch: 1,
  machine: { kind: 'test', version: 1 },
  at: '2026-01-01T00:00:00.000Z',
  inSeq: 9,
  cause: ['one', 'two'],
  snapshot: { value: { busy: 'deep' }, context: {}, status: 'active' },
  children: {},
  timers: {},
  generation: 6,
  seen: {},
  outbox: [...outbox],
};

describe('the messages of a commit', () => {
  const messages = listRelayMessages('space', address, commit);

  it('have the ids of their entries, also when asked for again', () => {
    expect(messages.map((message) => message.messageId)).toEqual([
      'test.a:7',
      ...[1, 2, 3, 4, 5, 6, 7, 8].map((i) => `test.a:7:${i}`),
    ]);
    expect(listRelayMessages('space', address, commit)).toEqual(messages);
  });

  it('are valid, and say who sent them', () => {
    const commands = messages.flatMap((message) =>
      message.type === 'command' || message.type === 'timer' ? [message.command] : [],
    );
    expect(commands.map((command) => commandEnvelopeSchema.parse(command))).toEqual(commands);
    const sent = messages.flatMap((message) =>
      message.type === 'command' ? [message.command] : [],
    );
    expect(sent.map((command) => 'from' in command && command.from)).toEqual(
      [1, 2, 3, 4, 5].map((i) => ({ address, n: 7, i })),
    );
  });

  it('carry what each entry says', () => {
    expect(messages).toMatchObject([
      { type: 'events' },
      { to, command: { purpose: 'deliver', body: { type: 'go', fast: true } } },
      { to, command: { purpose: 'start', input: { x: 1 } } },
      { to, command: { purpose: 'start', parent: { address, childName: 'kid', generation: 5 } } },
      { to, command: { purpose: 'stop', generation: 5 } },
      {
        to,
        command: { purpose: 'childEnded', childName: 'c', generation: 2, outcome: { output: 1 } },
      },
      {
        type: 'timer',
        owner: address,
        timerId: 'bell',
        atMs: 1_000,
        command: { purpose: 'timerFired', generation: 6 },
      },
      { type: 'work', pool: 'p', work: { effectId: 'e', actor: address, source: 's', input: 2 } },
      { type: 'cancelWork', pool: 'p', effectId: 'e' },
    ]);
  });

  it('tell all events in one, with the state after the transition', () => {
    const [message] = messages;
    expect(message?.type === 'events' && eventMessageSchema.parse(message.events)).toEqual({
      v: 1,
      id: 'test.a:7',
      namespace: 'space',
      kind: 'test',
      actor: 'a',
      at: commit.at,
      n: 7,
      state: 'busy.deep',
      status: 'active',
      cause: 'one two',
      events: [
        { i: 0, type: 'happened', data: { size: 3 } },
        { i: 9, type: 'happenedToo', data: {} },
      ],
    });
  });
});
