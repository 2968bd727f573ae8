import { describe, expect, it } from 'vitest';
import type { GatewayCommand } from '../../../runtime/contract/live.ts';
import type { StoredTranscriptEntry } from '../../../runtime/contract/transcript.ts';
import { createManualClock } from '../../testing/manual-clock.ts';
import type { CommandOutcome } from '../../transport/command-outcome.ts';
import { createLiveStore } from '../../transport/live-state.ts';
import type { LiveWatcher } from '../../transport/live.ts';
import type { StoredEvent } from '../../../runtime/contract/event.ts';
import { createRunActions } from './actions.ts';
import { coordinatorOf, createRunStore, membersOf } from './state.ts';

function event(seq: number, kind: string, actor: string, state = 'working'): StoredEvent {
  const id = `${kind}.${actor}:${seq}:0`;
  const at = '2026-01-01T00:00:00Z';
  const fixed = { v: 1, namespace: 'sb', status: 'active', cause: 'c', data: {} } as const;
  return { ...fixed, id, kind, actor, type: 'happened', i: 0, at, n: seq, state, seq };
}

function entry(seq: number, id = `e${seq}`): StoredTranscriptEntry {
  const item = { type: 'prompt', source: 'step', text: 'Go on.' } as const;
  return { v: 1, id, session: 'run-1::session', at: '2026-01-01T00:00:00Z', item, seq };
}

function createFixture(history: readonly StoredEvent[], outcomes: readonly CommandOutcome[] = []) {
  const clock = createManualClock();
  const store = createRunStore('run-1');
  const sent: GatewayCommand[] = [];
  const watchers: LiveWatcher<readonly StoredEvent[]>[] = [];
  const watchedSessions: string[] = [];
  const ids = ['first', 'second', 'third'].values();
  const actions = createRunActions(store, {
    rest: {
      fetchEvents: ({ after }) => {
        const events = history.filter(({ seq }) => seq > after);
        const throughSeq = history.at(-1)?.seq ?? 0;
        return Promise.resolve({ status: 'ok', value: { events, throughSeq, more: false } });
      },
      fetchTranscript: () =>
        Promise.resolve({
          status: 'ok',
          value: { entries: [entry(1), entry(2)], throughSeq: 2, more: false },
        }),
    },
    live: {
      store: createLiveStore(0),
      watchEvents: (watcher) => {
        watchers.push(watcher);
        return () => undefined;
      },
      watchTranscript: (session) => {
        watchedSessions.push(session);
        return () => undefined;
      },
      send: (command) => {
        sent.push(command);
        return Promise.resolve(outcomes[sent.length - 1] ?? { status: 'unanswered' });
      },
    },
    clock,
    newId: () => ids.next().value ?? 'more',
  });
  return { clock, store, sent, watchers, watchedSessions, actions };
}

const history = [event(1, 'coordinator', 'run-1'), event(2, 'session', 'run-1::session', 'queued')];

describe('run actions', () => {
  it('back-fills the run, follows it live, and leaves other runs alone', async () => {
    const { clock, store, watchers, watchedSessions, actions } = createFixture(history);
    actions.start();
    await clock.advance(0);
    watchers[0]?.receive({ seq: 3, previousSeq: 2, item: [event(3, 'coordinator', 'run-12')] });
    const next = event(4, 'session', 'run-1::session', 'parked');
    watchers[0]?.receive({ seq: 4, previousSeq: 3, item: [next, { ...next, i: 2 }] });
    const state = store.get().context;
    expect(state.events.map(({ seq }) => seq)).toEqual([1, 2, 4, 4]);
    expect(coordinatorOf(state)?.id).toBe('run-1');
    expect(membersOf(state).map(({ id, state }) => `${id} ${state}`)).toEqual([
      'run-1::session parked',
    ]);
    expect(watchedSessions).toEqual(['run-1::session']);
    await clock.advance(0);
    expect(store.get().context.entries).toHaveLength(2);
    actions.stop();
  });

  it('shows the answer to a steer, whatever it is', async () => {
    const refused = { status: 'refused', reason: 'it has ended' } as const;
    const { clock, store, actions, sent } = createFixture(history, [refused]);
    actions.start();
    await clock.advance(0);
    await actions.steer('Use the constants');
    expect(sent).toEqual([
      {
        type: 'steerSession',
        session: 'run-1::session',
        text: 'Use the constants',
        commandId: 'first',
      },
    ]);
    expect(store.get().context.steer).toEqual({ phase: 'settled', outcome: refused });
    actions.stop();
  });

  it('repeats an unanswered command under its own id, and sends a new one under a new id', async () => {
    const accepted = { status: 'accepted', commandId: 'first' } as const;
    const { clock, actions, sent } = createFixture(history, [{ status: 'unanswered' }, accepted]);
    actions.start();
    await clock.advance(0);
    await actions.steer('again');
    await actions.steer('again');
    await actions.steer('again');
    expect(sent.map(({ commandId }) => commandId)).toEqual(['first', 'first', 'second']);
    actions.stop();
  });

  it('sends nothing while there is no session', async () => {
    const { clock, actions, sent } = createFixture([event(1, 'coordinator', 'run-1')]);
    actions.start();
    await clock.advance(0);
    await actions.kill();
    expect(sent).toEqual([]);
    actions.stop();
  });
});

describe('run store', () => {
  it('drops an entry that was stored twice', () => {
    const store = createRunStore('run-1');
    store.trigger.said({ entries: [entry(1, 'a'), entry(2, 'a')] });
    store.trigger.said({ entries: [entry(3, 'a'), entry(4, 'b')] });
    expect(store.get().context.entries.map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('knows that it has loaded only when history was read without trouble', () => {
    const store = createRunStore('run-1');
    store.trigger.eventsReported({ trouble: 'refused' });
    expect(store.get().context.isLoaded).toBe(false);
    store.trigger.eventsReported({ trouble: undefined });
    expect(store.get().context.isLoaded).toBe(true);
  });
});
