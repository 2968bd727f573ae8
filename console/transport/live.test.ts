import { describe, expect, it } from 'vitest';
import type { LiveAccess } from '../../runtime/contract/live.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import type { Answer } from './answer.ts';
import { LiveConnection } from './live.ts';
import type { LinkAnswer, LinkMessage, NatsLink } from './nats-link.ts';

const available: Answer<LiveAccess> = {
  status: 'ok',
  value: {
    status: 'available',
    url: 'ws://127.0.0.1:1',
    user: 'console',
    password: 'p',
    namespace: 'sb',
    inboxPrefix: '_INBOX.c',
  },
};

interface FakeLink extends NatsLink {
  readonly subjects: Map<string, (message: LinkMessage) => void>;
  readonly requests: unknown[];
  breakOff(reason: string): void;
}

function createFakeLink(answer: LinkAnswer): FakeLink {
  const subjects = new Map<string, (message: LinkMessage) => void>();
  const requests: unknown[] = [];
  let breakOff = (_reason: string): void => undefined;
  const closed = new Promise<string>((resolve) => {
    breakOff = resolve;
  });
  return {
    subjects,
    requests,
    breakOff: (reason) => breakOff(reason),
    closed,
    subscribe: (subject, receive) => {
      subjects.set(subject, receive);
      return () => subjects.delete(subject);
    },
    flush: () => Promise.resolve(),
    request: (_subject, body) => {
      requests.push(body);
      return Promise.resolve(answer);
    },
    close: () => Promise.resolve(),
  };
}

function createFixture(reply: LinkAnswer = { status: 'unanswered' }) {
  const clock = createManualClock(1_000);
  const links: FakeLink[] = [];
  const world = { access: available, isReachable: true };
  const live = new LiveConnection({
    fetchAccess: () => Promise.resolve(world.access),
    openLink: () => {
      if (!world.isReachable) return Promise.reject(new Error('refused'));
      const link = createFakeLink(reply);
      links.push(link);
      return Promise.resolve(link);
    },
    heard: () => undefined,
    clock,
  });
  return { clock, links, world, live, phase: () => live.store.get().context.state.phase };
}

const envelope = {
  v: 1,
  id: 'session.s:1',
  namespace: 'sb',
  kind: 'session',
  actor: 's',
  at: '2026-01-01T00:00:00Z',
  n: 1,
  state: 'queued',
  status: 'active',
  cause: 'c',
  events: [
    { i: 0, type: 'sessionQueued', data: {} },
    { i: 2, type: 'slotGranted', data: {} },
  ],
};

describe('LiveConnection', () => {
  it('subscribes what is watched, before and after it is open, and says when the server has it', async () => {
    const { clock, links, live, phase } = createFixture();
    const opened: string[] = [];
    live.watchEvents({ receive: () => undefined, opened: () => opened.push('events') });
    live.start();
    await clock.advance(0);
    live.watchTranscript('run::s', {
      receive: () => undefined,
      opened: () => opened.push('run::s'),
    });
    await clock.advance(0);
    expect(phase()).toBe('live');
    expect([...(links[0]?.subjects.keys() ?? [])]).toEqual(['live.evt.>', 'live.tr.sb.run::s']);
    expect(opened).toEqual(['events', 'run::s']);
  });

  it('reads positions: contiguous for events, the one before for a transcript', async () => {
    const { clock, links, live } = createFixture();
    const received: string[] = [];
    live.watchEvents({
      receive: ({ seq, previousSeq, item }) =>
        received.push(
          `${previousSeq}<${seq} ${item.map(({ id, type }) => `${id} ${type}`).join()}`,
        ),
      opened: () => undefined,
    });
    live.watchTranscript('s', {
      receive: ({ seq, previousSeq }) => received.push(`${previousSeq}<${seq}`),
      opened: () => undefined,
    });
    live.start();
    await clock.advance(0);
    const subjects = links[0]?.subjects;
    subjects?.get('live.evt.>')?.({ seq: 9, previousOnSubject: 2, body: envelope });
    subjects?.get('live.evt.>')?.({ seq: 10, previousOnSubject: 2, body: { not: 'an event' } });
    const item = { type: 'prompt', source: 'step', text: 'Go on.' };
    const body = { v: 1, id: 'e', session: 's', at: envelope.at, item };
    subjects?.get('live.tr.sb.s')?.({ seq: 9, previousOnSubject: 2, body });
    expect(received).toEqual(['8<9 session.s:1:0 sessionQueued,session.s:1:2 slotGranted', '2<9']);
  });

  it('opens the next connection with every subscription, and remembers since when it was gone', async () => {
    const { clock, links, live, world, phase } = createFixture();
    let openings = 0;
    const end = live.watchEvents({ receive: () => undefined, opened: () => (openings += 1) });
    live.start();
    await clock.advance(500);
    world.isReachable = false;
    links[0]?.breakOff('socket closed');
    await clock.advance(2_000);
    expect(live.store.get().context.state).toMatchObject({ phase: 'reconnecting', sinceMs: 1_500 });
    world.isReachable = true;
    await clock.advance(5_000);
    expect(phase()).toBe('live');
    expect(links).toHaveLength(2);
    expect([...(links[1]?.subjects.keys() ?? [])]).toEqual(['live.evt.>']);
    expect(openings).toBe(2);
    end();
    expect(links[1]?.subjects.size).toBe(0);
  });

  it('says why there is nothing live, and takes it when there is', async () => {
    const { clock, live, world, phase } = createFixture();
    world.access = { status: 'ok', value: { status: 'unavailable', reason: 'no listener' } };
    live.start();
    await clock.advance(0);
    expect(live.store.get().context.state).toMatchObject({
      phase: 'polling',
      reason: 'no listener',
    });
    world.access = available;
    await clock.advance(30_000);
    expect(phase()).toBe('live');
  });

  it('asks no more once a login is required, or when it was stopped', async () => {
    const { clock, live, world, links } = createFixture();
    world.access = { status: 'loginRequired' };
    live.start();
    await clock.advance(60_000);
    world.access = available;
    await clock.advance(60_000);
    expect(links).toHaveLength(0);
    const other = createFixture();
    other.world.isReachable = false;
    other.live.start();
    await other.clock.advance(100);
    await other.live.stop();
    other.world.isReachable = true;
    await other.clock.advance(60_000);
    expect(other.links).toHaveLength(0);
  });

  it('sends commands only over an open connection, and believes only replies it understands', async () => {
    const command = { type: 'killSession', commandId: 'c', session: 's' } as const;
    const closed = createFixture();
    expect(await closed.live.send(command)).toMatchObject({ status: 'notSent' });
    for (const [body, outcome] of [
      [
        { status: 'accepted', commandId: 'c' },
        { status: 'accepted', commandId: 'c' },
      ],
      [
        { status: 'refused', reason: 'it has ended' },
        { status: 'refused', reason: 'it has ended' },
      ],
      [{ whatever: true }, { status: 'unanswered' }],
    ] as const) {
      const { live, clock, links } = createFixture({ status: 'answered', body });
      live.start();
      await clock.advance(0);
      expect(await live.send(command)).toEqual(outcome);
      expect(links[0]?.requests).toEqual([command]);
    }
  });
});
